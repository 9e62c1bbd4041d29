// The equipment test against the real relay: a connection of kind `test`
// sends sound and picture, the relay and its examiner judge them. No DOM.
import type { Language } from "../api/types.ts";
import { type Capabilities, MediaLink } from "./connection.ts";
import type { IceServer, ServerMessage } from "./messages.ts";
import { Signalling, type Socket } from "./signalling.ts";

export type Step = "connecting" | "up" | "down" | "judging";

export interface Verdict {
  audio: string;
  video: string;
  network: string;
  figures: {
    up_kbps: number | null;
    down_kbps: number | null;
    loss: number | null;
    jitter_ms: number | null;
    rtt_ms: number | null;
  };
}

export interface EquipmentConfig {
  openSocket(): Socket;
  ticket(): Promise<string>;
  makePeer(iceServers: readonly IceServer[]): RTCPeerConnection;
  capabilities: Capabilities;
  language: Language;
  client: string;
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  after(ms: number, act: () => void): () => void;
  onStep(step: Step): void;
  onVerdict(verdict: Verdict): void;
  onFailure(): void;
}

const UP_MS = 5500;
const DOWN_AT_MOST_MS = 6000;
const WHOLE_AT_MOST_MS = 30_000;
const BEGIN_AGAIN_MS = 400;

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function word(value: unknown): string {
  const verdict = typeof value === "string" ? value : object(value).verdict;
  return typeof verdict === "string" ? verdict : "unknown";
}

/** Of the two ways: what a person feels. */
function worse(up: number | null, down: number | null): number | null {
  return up === null || down === null ? (up ?? down) : Math.max(up, down);
}

export function readVerdict(detail: Record<string, unknown>): Verdict {
  const network = object(detail.network);
  return {
    audio: word(detail.audio),
    video: word(detail.video),
    network: word(detail.network),
    figures: {
      up_kbps: number(network.up_kbps),
      down_kbps: number(network.down_kbps),
      loss: worse(number(network.up_loss), number(network.down_loss)),
      jitter_ms: number(network.jitter_ms),
      rtt_ms: number(network.rtt_ms),
    },
  };
}

/** Everything well enough to enter without advice. */
export function allGood(v: Verdict): boolean {
  return v.audio === "good" && v.video === "good" && v.network === "good";
}

export class EquipmentTest {
  readonly #config: EquipmentConfig;
  readonly #signalling: Signalling;
  #link: MediaLink | null = null;
  #timers: (() => void)[] = [];
  #iceServers: readonly IceServer[] = [];
  #begun = false;
  #downAsked = false;
  #ended = false;
  #over = false;

  constructor(config: EquipmentConfig) {
    this.#config = config;
    this.#signalling = new Signalling({
      open: config.openSocket,
      ticket: config.ticket,
      language: config.language,
      client: config.client,
      onMessage: (message) => this.#receive(message),
      onState: (state) => {
        // A test is short: when its socket falls it starts again from the top.
        if (state.state === "closed" || (state.state === "lost" && this.#begun)) this.#fail();
      },
    });
  }

  start(): void {
    this.#config.onStep("connecting");
    this.#timers.push(this.#config.after(WHOLE_AT_MOST_MS, () => this.#fail()));
    this.#signalling.start();
  }

  stop(): void {
    this.#over = true;
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
    this.#link?.close();
    this.#link = null;
    this.#signalling.stop();
  }

  #receive(message: ServerMessage): void {
    if (this.#over) return;
    switch (message.type) {
      case "welcome":
        this.#iceServers = message.ice_servers;
        void this.#offer();
        break;
      case "answer":
        void this.#answer(message.sdp);
        break;
      case "media":
        if (message.event === "connected") this.#begin();
        else if (message.event === "failed" || message.event === "restart") this.#fail();
        break;
      case "test":
        this.#test(message.event, message.detail);
        break;
      case "error":
        if (message.re === "test" && message.code === "order") this.#notYet();
        else if (message.re === "offer") this.#fail();
        break;
      default:
        break;
    }
  }

  async #offer(): Promise<void> {
    if (this.#link) return;
    const link = new MediaLink({
      make: () => this.#config.makePeer(this.#iceServers),
      layers: false,
      capabilities: this.#config.capabilities,
      onNegotiation: () => {},
      onTrack: () => {},
    });
    this.#link = link;
    const { microphone, camera } = this.#config;
    await link.prepare({ microphone, camera });
    const offer = await link.offer();
    if (this.#over) return;
    this.#signalling.send({ type: "offer", ...offer });
    this.#signalling.send({
      type: "media",
      microphone: microphone !== null,
      camera: camera !== null,
      screen: false,
      instrument: false,
      instrument_audio: false,
    });
  }

  async #answer(sdp: string): Promise<void> {
    const link = this.#link;
    if (!link || link.answered) return;
    try {
      await link.answer(sdp);
    } catch {
      return this.#fail();
    }
    link.pc.onconnectionstatechange = () => {
      if (link.pc.connectionState === "connected") this.#begin();
      if (link.pc.connectionState === "failed") this.#fail();
    };
    if (link.pc.connectionState === "connected") this.#begin();
  }

  #begin(): void {
    if (this.#begun || this.#over) return;
    this.#begun = true;
    this.#config.onStep("up");
    this.#signalling.send({ type: "test", step: "begin" });
    this.#timers.push(this.#config.after(UP_MS, () => this.#down()));
  }

  /** The relay may hear of the connection a moment after we do. */
  #notYet(): void {
    if (this.#downAsked) return;
    this.#timers.push(this.#config.after(BEGIN_AGAIN_MS, () => this.#signalling.send({ type: "test", step: "begin" })));
  }

  #down(): void {
    if (this.#downAsked || this.#over) return;
    this.#downAsked = true;
    this.#config.onStep("down");
    this.#signalling.send({ type: "test", step: "down" });
    this.#timers.push(this.#config.after(DOWN_AT_MOST_MS, () => this.#judge()));
  }

  #judge(): void {
    if (this.#ended || this.#over) return;
    this.#ended = true;
    this.#config.onStep("judging");
    this.#signalling.send({ type: "test", step: "end" });
  }

  #test(event: "progress" | "up" | "down" | "verdict", detail: Record<string, unknown>): void {
    if (event === "down") this.#judge();
    else if (event === "verdict") {
      const verdict = readVerdict(object(detail));
      this.#signalling.send({ type: "leave" });
      this.stop();
      this.#config.onVerdict(verdict);
    }
  }

  #fail(): void {
    if (this.#over) return;
    this.stop();
    this.#config.onFailure();
  }
}
