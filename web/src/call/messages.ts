// The messages of docs/signalling.md, as types, and the one reader of what
// the server sends. No DOM here.
import type { Language } from "../api/types.ts";

export type Source = "microphone" | "camera" | "screen" | "instrument" | "instrument_audio";

export interface MediaState {
  microphone: boolean;
  camera: boolean;
  screen: boolean;
  instrument: boolean;
  instrument_audio: boolean;
}

export const ALL_OFF: MediaState = {
  microphone: false,
  camera: false,
  screen: false,
  instrument: false,
  instrument_audio: false,
};

export type Grade = "good" | "fair" | "poor" | "lost";

export interface Seat {
  participant: string;
  seat: number;
  name: string;
  title: string;
  role: string;
  state: "waiting" | "in" | "away";
  media: Partial<MediaState> | null;
  muted: string[];
  hand: boolean;
  quality: Grade | null;
  identity_checked: boolean;
}

export interface Slot {
  mid: string;
  participant: string | null;
  source: Source | null;
}

export interface ChatLine {
  from: string;
  name: string;
  text: string;
  at: string;
}

export interface You {
  participant: string;
  seat: number;
  name: string;
  title: string;
  role: string;
  may: string[];
}

/** An RTCIceServer, as the server writes it. */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

export interface Welcome {
  type: "welcome";
  session: string;
  kind: "session" | "watch" | "test";
  you: You;
  state: "waiting" | "in";
  act_state: string;
  resume: string;
  resumed: boolean;
  roster: Seat[];
  chat: ChatLine[];
  media_alive: boolean;
  ice_servers: IceServer[];
}

/** How much of the pictures wanted goes down a link; null when none is wanted. */
export type Pictures = "all" | "reduced" | "none";

export interface LinkQuality {
  participant: string;
  grade: Grade | null;
  rtt_ms: number | null;
  up: { kbps: number; loss: number; jitter_ms: number } | null;
  down: { kbps: number; loss: number; estimate_kbps?: number | null; video?: Pictures | null } | null;
}

/** The queue of a professional, as who waits is told: turns are counted by act, 1 is next. */
export interface Queue {
  place: number;
  waiting: number;
  host_in: boolean;
  host_busy: boolean;
}

export type ServerMessage =
  | Welcome
  | { type: "roster"; seats: Seat[] }
  | ({ type: "waiting" } & Queue)
  | { type: "admitted"; by: string; ice_servers: IceServer[] }
  | { type: "answer"; sdp: string }
  | { type: "slots"; slots: Slot[] }
  | { type: "speaker"; participant: string | null }
  | ({ type: "chat" } & ChatLine)
  | { type: "mute"; source: Source; muted: boolean; by: string }
  | { type: "quality"; links: LinkQuality[] }
  | { type: "media"; event: "restart" | "connected" | "reconnecting" | "failed"; media_alive?: boolean }
  | { type: "notice"; act: string; kind: string; detail: Record<string, unknown> | null }
  | { type: "test"; event: "progress" | "up" | "down" | "verdict"; detail: Record<string, unknown> }
  | { type: "bye"; reason: string }
  | { type: "error"; code: string; field: string | null; message: string; fatal: boolean; re: string | null };

export type ClientMessage =
  | { type: "hello"; ticket: string; language: Language; client: string }
  | { type: "hello"; resume: string; language: Language; client: string }
  | { type: "lobby" }
  | { type: "offer"; sdp: string; sources: Partial<Record<Source, string>>; redundant?: Source[] }
  | ({ type: "media" } & MediaState)
  | { type: "admit"; participant: string }
  | { type: "refuse" | "remove"; participant: string; reason?: string }
  | { type: "mute"; participant: string; source: Source; muted: boolean }
  | { type: "layout"; order: string[] }
  | { type: "view"; sizes: { mid: string; width: number; height: number }[] }
  | { type: "chat"; text: string }
  | { type: "hand"; raised: boolean }
  | { type: "link"; audio_first: boolean; video_kbps?: number; freezes?: number; concealed_ms?: number }
  | { type: "identity"; participant: string; checked: boolean }
  | { type: "leave" }
  | { type: "end" }
  | { type: "test"; step: "begin" | "down" | "end" };

const lists: Record<string, string> = { roster: "seats", slots: "slots", quality: "links" };
const known = new Set([
  "welcome",
  "roster",
  "waiting",
  "admitted",
  "answer",
  "slots",
  "speaker",
  "chat",
  "mute",
  "quality",
  "media",
  "notice",
  "test",
  "bye",
  "error",
]);

/** One message from the server, or null when it is not one we know. */
export function readMessage(data: unknown): ServerMessage | null {
  if (typeof data !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const message = value as Record<string, unknown>;
  if (typeof message.type !== "string" || !known.has(message.type)) return null;
  const list = lists[message.type];
  if (list && !Array.isArray(message[list])) return null;
  if ((message.type === "welcome" || message.type === "admitted") && !Array.isArray(message.ice_servers)) {
    message.ice_servers = [];
  }
  if (message.type === "welcome") {
    // Watchers and tests sit at no table: what they miss is empty.
    message.roster ??= [];
    message.chat ??= [];
    message.resume ??= "";
    if (typeof message.you !== "object") message.you = null;
  }
  return message as unknown as ServerMessage;
}
