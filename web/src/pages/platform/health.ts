// What asks for the operator's care, of all that the health of the platform says.
import type { Health } from "../../api/platform.ts";

export type Worry = "not_ready" | "dead" | "late" | "events";

export function worries(health: Health): Worry[] {
  const p = health.processes;
  const list: Worry[] = [];
  if (p && !p.ready) list.push("not_ready");
  if (health.outbox?.dead) list.push("dead");
  if (health.outbox?.late) list.push("late");
  if (p && (p.refused_events || p.stalled_events)) list.push("events");
  return list;
}
