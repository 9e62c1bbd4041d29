// What a CallSession needs from a browser.
import type { Capabilities, Codec } from "./connection.ts";
import type { IceServer } from "./messages.ts";
import { Redundancy, type Wrapper } from "./redundancy.ts";
import { CallSession } from "./session.ts";
import type { Socket } from "./signalling.ts";
import { language } from "../text/index.ts";

export function openSocket(): Socket {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(`${scheme}//${location.host}/ws`, "teleloire.v1") as unknown as Socket;
}

function codecs(kind: "audio" | "video"): readonly Codec[] {
  return globalThis.RTCRtpReceiver?.getCapabilities?.(kind)?.codecs ?? [];
}

/** The relay is ICE-lite; the servers are its own TURN, for networks with nothing but port 443. */
export function makePeer(iceServers: readonly IceServer[]): RTCPeerConnection {
  return new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require", iceServers: [...iceServers] });
}

export function capabilities(): Capabilities {
  return { audio: codecs("audio"), video: codecs("video") };
}

/** Written in by scripts/build.mjs. */
declare const REDUNDANCY_WORKER: string;
const WORKER_WITHIN_MS = 500;
let made: Redundancy | null | undefined;

/** One worker for all calls of this page; only in the engine it was tried in, and where that has no
    RED: a sound wrapped wrongly is a person unheard. */
function redundancy(): Redundancy | null {
  if (made !== undefined) return made;
  made = null;
  const has = codecs("audio").some((c) => c.mimeType.toLowerCase() === "audio/red");
  if (has || typeof RTCRtpScriptTransform === "undefined" || !navigator.userAgent.includes("Firefox/")) return made;
  const worker = new Worker(REDUNDANCY_WORKER);
  made = new Redundancy(
    worker as unknown as Wrapper,
    () => new RTCRtpScriptTransform(worker),
    (act) => setTimeout(act, WORKER_WITHIN_MS),
  );
  return made;
}

export function clientName(): string {
  return navigator.userAgent.slice(0, 100);
}

export interface Callbacks {
  early?: boolean;
  onNotice?: (kind: string, detail: Record<string, unknown> | null) => void;
  onMuted?: (source: string, muted: boolean, by: string) => void;
}

declare global {
  interface Window {
    __teleloire?: {
      negotiations: number;
      rebuilds: number;
      inspect(): ReturnType<CallSession["inspect"]>;
      call: CallSession;
    };
  }
}

export function newCall(ticket: () => Promise<string>, callbacks: Callbacks = {}): CallSession {
  const wrapped = redundancy();
  const call = new CallSession({
    openSocket,
    ticket,
    makePeer,
    capabilities: { ...capabilities(), redundancy: wrapped },
    get language() {
      return language.value;
    },
    client: clientName(),
    now: () => performance.now(),
    every: (ms, act) => {
      const timer = setInterval(act, ms);
      return () => clearInterval(timer);
    },
    ...callbacks,
  });
  call.links.subscribe((links) => {
    const mine = links.find((l) => l.participant === call.you.value?.participant);
    if (mine?.up) wrapped?.judge(mine.up.loss, performance.now());
  });
  window.__teleloire = {
    get negotiations() {
      return call.negotiations;
    },
    get rebuilds() {
      return call.rebuilds;
    },
    inspect: () => call.inspect(),
    call,
  };
  return call;
}
