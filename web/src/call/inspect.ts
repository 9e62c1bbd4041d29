// For tests and support: who is in which slot and what came out of it.
import { statistics } from "./links.ts";
import type { MediaLink } from "./connection.ts";
import type { CallSession } from "./session.ts";

export async function inspectCall(call: CallSession, link: MediaLink | null) {
  const facts = link ? await statistics(link) : null;
  return {
    phase: call.phase.value,
    line: call.line.value,
    why: call.why.value,
    negotiations: call.negotiations,
    rebuilds: call.rebuilds,
    restarts: call.restarts,
    you: call.you.value?.participant ?? null,
    roster: call.roster.value.map((s) => ({ participant: s.participant, name: s.name, state: s.state })),
    speaker: call.speaker.value,
    sentBytes: facts?.sentBytes ?? 0,
    framesSent: facts?.framesSent ?? 0,
    senders: (link?.senders() ?? []).map(({ source, mid }) => {
      const layers = (facts?.sent ?? []).filter((s) => s.mid === mid);
      return { source, layers, activeLayers: layers.filter((l) => l.active && l.bytes > 0).length };
    }),
    slots: call.slots.all.map((slot) => {
      const seen = facts?.slots.get(slot.mid);
      return {
        mid: slot.mid,
        participant: slot.participant,
        source: slot.source,
        packets: seen?.packets ?? 0,
        framesDecoded: seen?.framesDecoded ?? 0,
        frameWidth: seen?.frameWidth ?? 0,
        frameHeight: seen?.frameHeight ?? 0,
        totalAudioEnergy: seen?.totalAudioEnergy ?? 0,
      };
    }),
  };
}
