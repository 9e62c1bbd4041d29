// The queue in words, for who waits: how many turns come before theirs, and
// where the professional is. A turn is an act's: a relative has the patient's.
import type { Queue } from "../../call/messages.ts";
import type { Catalogue } from "../../text/fr.ts";

export interface Turn {
  place: string;
  /** Null when nobody goes first. */
  before: string | null;
  professional: string;
}

export function turnWords(v: Catalogue["visit"], queue: Queue | null, who: string): Turn {
  const before = (queue?.place ?? 1) - 1;
  return {
    place: before > 0 ? v.wait_place(before + 1) : queue?.host_in ? v.wait_turn : v.wait_next,
    before: before > 0 ? v.wait_before(before) : null,
    professional: queue?.host_in
      ? v.wait_host_in(who)
      : queue?.host_busy
        ? v.wait_host_busy(who)
        : v.wait_host_out(who),
  };
}
