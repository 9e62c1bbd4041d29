// Where the present stands among the acts of a day.
import type { ActShort } from "../../api/types.ts";

const GRACE_MS = 60_000;

/** Whole minutes a planned act is late by, 0 when it is not. */
export function minutesLate(act: Pick<ActShort, "state" | "starts_at">, now: number): number {
  const by = now - Date.parse(act.starts_at);
  return act.state === "planned" && by >= GRACE_MS ? Math.floor(by / 60_000) : 0;
}

/** Done with for the day: nothing is left to do in it here. */
export function isPast(act: Pick<ActShort, "state">): boolean {
  return act.state === "closed" || act.state === "not_done" || act.state === "amended";
}
