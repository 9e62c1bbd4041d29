// Is the media alive? Judged by packets that arrive, never by the state an
// engine claims: Firefox says "connected" over a dead path.

export interface SlotFacts {
  mid: string;
  kind: "audio" | "video";
  packets: number;
  bytes: number;
  framesDecoded: number;
  frameWidth: number;
  frameHeight: number;
  totalAudioEnergy: number;
  concealedSamples: number;
  freezes: number;
  lost: number;
}

/** One stream that leaves: a sender has one, or one for each layer. */
export interface SentFacts {
  mid: string;
  rid: string | null;
  active: boolean;
  frameHeight: number;
  framesSent: number;
  bytes: number;
}

export interface LinkFacts {
  /** Grows with anything that comes from the relay: media, feedback, checks. */
  heard: number;
  slots: Map<string, SlotFacts>;
  sentBytes: number;
  sentVideoBytes: number;
  framesSent: number;
  sent: SentFacts[];
  rttMs: number | null;
  availableOutKbps: number | null;
}

type Report = Iterable<[string, Record<string, unknown>]> | Map<string, Record<string, unknown>>;

function num(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** Folds a getStats report into the facts the call needs. */
export function readStats(report: Report): LinkFacts {
  const facts: LinkFacts = {
    heard: 0,
    slots: new Map(),
    sentBytes: 0,
    sentVideoBytes: 0,
    framesSent: 0,
    sent: [],
    rttMs: null,
    availableOutKbps: null,
  };
  for (const [, stat] of report) {
    switch (stat.type) {
      case "inbound-rtp": {
        const mid = typeof stat.mid === "string" ? stat.mid : null;
        facts.heard += num(stat.packetsReceived);
        if (mid === null) break;
        facts.slots.set(mid, {
          mid,
          kind: stat.kind === "video" ? "video" : "audio",
          packets: num(stat.packetsReceived),
          bytes: num(stat.bytesReceived),
          framesDecoded: num(stat.framesDecoded),
          frameWidth: num(stat.frameWidth),
          frameHeight: num(stat.frameHeight),
          totalAudioEnergy: num(stat.totalAudioEnergy),
          concealedSamples: num(stat.concealedSamples) - num(stat.silentConcealedSamples),
          freezes: num(stat.freezeCount),
          lost: num(stat.packetsLost),
        });
        break;
      }
      case "outbound-rtp":
        facts.sentBytes += num(stat.bytesSent);
        if (typeof stat.mid === "string") {
          facts.sent.push({
            mid: stat.mid,
            rid: typeof stat.rid === "string" ? stat.rid : null,
            active: stat.active !== false,
            frameHeight: num(stat.frameHeight),
            framesSent: num(stat.framesSent),
            bytes: num(stat.bytesSent),
          });
        }
        if (stat.kind === "video") {
          facts.sentVideoBytes += num(stat.bytesSent);
          facts.framesSent += num(stat.framesSent);
        }
        break;
      case "remote-inbound-rtp":
        facts.heard += num(stat.roundTripTimeMeasurements);
        if (num(stat.roundTripTime) > 0) facts.rttMs = num(stat.roundTripTime) * 1000;
        break;
      case "candidate-pair":
        facts.heard += num(stat.responsesReceived) + num(stat.packetsReceived);
        if (stat.nominated === true || stat.selected === true) {
          if (num(stat.currentRoundTripTime) > 0) facts.rttMs = num(stat.currentRoundTripTime) * 1000;
          if (num(stat.availableOutgoingBitrate) > 0) {
            facts.availableOutKbps = Math.round(num(stat.availableOutgoingBitrate) / 1000);
          }
        }
        break;
      case "transport":
        facts.heard += num(stat.packetsReceived);
        break;
    }
  }
  return facts;
}

/** Does a second connection carry what flows on the first? "idle": nothing flows there. */
export function carries(began: LinkFacts, old: LinkFacts, next: LinkFacts): "all" | "some" | "idle" {
  let flowing = 0;
  let carried = 0;
  for (const [mid, slot] of old.slots) {
    if (slot.packets <= (began.slots.get(mid)?.packets ?? 0)) continue;
    flowing += 1;
    const there = next.slots.get(mid);
    if (there && (slot.kind === "audio" ? there.packets > 0 : there.framesDecoded > 0)) carried += 1;
  }
  return flowing === 0 ? "idle" : carried === flowing ? "all" : "some";
}

export type Life = "starting" | "alive" | "silent" | "dead";

/** Silence that a doctor should be told about, then that is worth a rebuild. */
export const SILENT_MS = 5_000;
export const DEAD_MS = 9_000;
export const START_MS = 15_000;

/** Watches one counter grow. Time comes in. */
export class Pulse {
  #heard = 0;
  #since: number;
  #born: number;
  #ever = false;

  constructor(now: number) {
    this.#born = now;
    this.#since = now;
  }

  /** How long nothing has come; 0 before anything ever did. */
  quiet(now: number): number {
    return this.#ever ? now - this.#since : 0;
  }

  look(heard: number, now: number): Life {
    if (heard > this.#heard) {
      this.#heard = heard;
      this.#since = now;
      this.#ever = true;
    }
    if (!this.#ever) return now - this.#born > START_MS ? "dead" : "starting";
    const quiet = now - this.#since;
    return quiet > DEAD_MS ? "dead" : quiet > SILENT_MS ? "silent" : "alive";
  }
}

/** What reached us and could not be shown or heard well, over all slots. */
export function heardBadly(facts: LinkFacts | null): { freezes: number; concealed_ms: number } {
  let freezes = 0;
  let concealed = 0;
  for (const slot of facts?.slots.values() ?? []) {
    freezes += slot.freezes;
    concealed += slot.concealedSamples;
  }
  return { freezes: Math.round(freezes), concealed_ms: Math.max(0, Math.round(concealed / 48)) };
}
