// What a CallSession needs from a browser.
import type { Capabilities, Codec } from "./connection.ts";
import type { IceServer } from "./messages.ts";
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

export function clientName(): string {
  return navigator.userAgent.slice(0, 100);
}

export interface Callbacks {
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
  const call = new CallSession({
    openSocket,
    ticket,
    makePeer,
    capabilities: capabilities(),
    language: language.value,
    client: clientName(),
    now: () => performance.now(),
    every: (ms, act) => {
      const timer = setInterval(act, ms);
      return () => clearInterval(timer);
    },
    ...callbacks,
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
