// The WebSocket's life: hello with a ticket, resume with a token after a drop,
// growing delay between tries. The first socket may stand open before anybody
// starts. No DOM: the socket, the clock and the ticket come from outside.
import type { Language } from "../api/types.ts";
import { type ClientMessage, readMessage, type ServerMessage } from "./messages.ts";

export interface Socket {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface SignallingConfig {
  open(): Socket;
  /** A fresh ticket; called at the start and when the resume token is dead. */
  ticket(): Promise<string>;
  language: Language;
  client: string;
  /** What is said right behind a hello by ticket, before anybody knows that we are in. */
  behindHello?(): ClientMessage | null;
  onMessage(message: ServerMessage): void;
  onState(state: SignallingState): void;
  after?(ms: number, act: () => void): () => void;
  random?(): number;
}

export type SignallingState =
  | { state: "connecting" }
  | { state: "open" }
  | { state: "lost"; tries: number }
  | { state: "closed"; why: string; error?: unknown };

/** Close codes after which coming back by itself would be wrong. */
const FINAL: Record<number, string> = {
  1000: "left",
  1008: "policy",
  4000: "replaced",
  4001: "ended",
  4003: "removed",
};
const RESTART = 1012;
const DELAYS_MS = [0, 250, 500, 1000, 2000, 4000];
const WELCOME_MS = 6000;
/** A socket that waited may be dead and not know it: a laptop that slept, a network that changed. */
const WELCOME_ON_READY_MS = 2500;
const READY_AGAIN_MS = 5000;
const OPEN = 1;
const TICKET_TRIES = 12;

export class Signalling {
  readonly #config: SignallingConfig;
  readonly #after: (ms: number, act: () => void) => () => void;
  #socket: Socket | null = null;
  /** Open, or opening, for a hello that is not due yet. */
  #ready: Socket | null = null;
  #notReadyBefore: (() => void) | null = null;
  #resume = "";
  #welcomed = false;
  #tries = 0;
  #ticketFailures = 0;
  #bye: string | null = null;
  #ended = false;
  #cancelTimer: (() => void) | null = null;

  constructor(config: SignallingConfig) {
    this.#config = config;
    this.#after =
      config.after ??
      ((ms, act) => {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      });
  }

  /**
   * Somebody may start soon: the socket is opened now, and says no more than that (`lobby`). Asked
   * again it does nothing while there is one; one that ended is opened again at the next asking.
   */
  prepare(): void {
    if (this.#ended || this.#socket || this.#notReadyBefore || this.#cancelTimer) return;
    this.#makeReady('{"type":"lobby"}');
    this.#notReadyBefore = this.#after(READY_AGAIN_MS, () => (this.#notReadyBefore = null));
  }

  start(): void {
    this.#makeReady(null); // while the ticket is on its way
    this.#config.onState({ state: "connecting" });
    void this.#connect();
  }

  /** False when the message could not leave now; state is sent again on welcome. */
  send(message: ClientMessage): boolean {
    if (!this.#socket || !this.#welcomed) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** The media says the path is dead: come back by a fresh socket. */
  reopen(): void {
    if (this.#ended || !this.#socket) return;
    const socket = this.#socket;
    this.#forget();
    socket.close();
    this.#lost(0);
  }

  /** The network came back: do not wait for the rest of the delay. */
  hurry(): void {
    if (this.#ended || this.#socket || !this.#cancelTimer) return;
    this.#cancelTimer();
    this.#cancelTimer = null;
    void this.#connect();
  }

  stop(): void {
    this.#ended = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#dropReady();
    const socket = this.#socket;
    this.#forget();
    socket?.close(1000);
  }

  #makeReady(word: string | null): void {
    if (this.#ready) return;
    try {
      const socket = this.#config.open();
      if (word) socket.onopen = () => socket.send(word);
      socket.onclose = () => {
        if (this.#ready === socket) this.#ready = null;
      };
      this.#ready = socket;
    } catch {
      // What forbids it will be told by the socket that somebody waits for.
    }
  }

  #takeReady(): Socket | null {
    const socket = this.#ready;
    this.#ready = null;
    return socket;
  }

  #dropReady(): void {
    this.#notReadyBefore?.();
    this.#notReadyBefore = null;
    this.#takeReady()?.close(1000);
  }

  #forget(): void {
    if (this.#socket) {
      this.#socket.onopen = null;
      this.#socket.onmessage = null;
      this.#socket.onclose = null;
    }
    this.#socket = null;
    this.#welcomed = false;
  }

  async #connect(): Promise<void> {
    const { language, client } = this.#config;
    let hello: ClientMessage;
    if (this.#resume) {
      hello = { type: "hello", resume: this.#resume, language, client };
    } else {
      try {
        hello = { type: "hello", ticket: await this.#config.ticket(), language, client };
      } catch (error) {
        this.#ticketFailed(error);
        return;
      }
    }
    if (this.#ended) return;
    const ready = this.#takeReady();
    let socket: Socket;
    try {
      socket = ready ?? this.#config.open();
    } catch (error) {
      this.#close("policy", error);
      return;
    }
    this.#socket = socket;
    const say = () => {
      socket.send(JSON.stringify(hello));
      const behind = this.#resume ? null : this.#config.behindHello?.();
      if (behind) socket.send(JSON.stringify(behind));
    };
    socket.onopen = say;
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#closed(event.code);
    this.#cancelTimer = this.#after(ready?.readyState === OPEN ? WELCOME_ON_READY_MS : WELCOME_MS, () => {
      if (this.#welcomed || this.#socket !== socket) return;
      this.#forget();
      socket.close();
      this.#lost(0);
    });
    if (socket.readyState === OPEN) say();
  }

  #ticketFailed(error: unknown): void {
    if (this.#ended) return;
    const status = (error as { status?: unknown } | null)?.status;
    // 4xx is an answer (not yours, not now); anything else may pass.
    const passing = typeof status !== "number" || status === 0 || status >= 500;
    this.#ticketFailures += 1;
    if (!passing || this.#ticketFailures > TICKET_TRIES) this.#close("ticket", error);
    else this.#lost(0);
  }

  #receive(data: unknown): void {
    const message = readMessage(data);
    if (!message || this.#ended) return;
    if (message.type === "welcome") {
      this.#cancelTimer?.();
      this.#cancelTimer = null;
      this.#resume = message.resume;
      this.#welcomed = true;
      this.#tries = 0;
      this.#ticketFailures = 0;
      this.#config.onState({ state: "open" });
    } else if (message.type === "bye") {
      this.#bye = message.reason;
    } else if (message.type === "error" && message.fatal && message.code === "ticket") {
      // A dead resume token: the seat may still be ours by a new ticket.
      this.#resume = "";
    }
    this.#config.onMessage(message);
  }

  #closed(code: number): void {
    this.#forget();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#ended) return;
    if (this.#bye !== null) return this.#close(this.#bye);
    const final = FINAL[code];
    // A hello refused for its dead token closes 1008 too; a new ticket may do.
    const deadToken = code === 1008 && this.#resume === "" && this.#tries < DELAYS_MS.length;
    if (final && !deadToken) return this.#close(final);
    this.#lost(code);
  }

  #lost(code: number): void {
    this.#cancelTimer?.();
    const tries = (this.#tries += 1);
    this.#config.onState({ state: "lost", tries });
    const step = code === RESTART ? 0 : Math.min(tries - 1, DELAYS_MS.length - 1);
    const random = (this.#config.random ?? Math.random)();
    const delay = (DELAYS_MS[step] ?? 0) * (0.75 + random / 2);
    this.#cancelTimer = this.#after(delay, () => {
      this.#cancelTimer = null;
      void this.#connect();
    });
  }

  #close(why: string, error?: unknown): void {
    this.#ended = true;
    this.#dropReady();
    this.#config.onState(error === undefined ? { state: "closed", why } : { state: "closed", why, error });
  }
}
