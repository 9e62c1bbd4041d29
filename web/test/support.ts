// A clock and a socket moved by hand: no test here sleeps.
import type { Socket } from "../src/call/signalling.ts";

export class Clock {
  now = 0;
  #timers: { at: number; act: () => void; every: number }[] = [];

  after = (ms: number, act: () => void): (() => void) => this.#add(ms, act, 0);
  every = (ms: number, act: () => void): (() => void) => this.#add(ms, act, ms);

  #add(ms: number, act: () => void, every: number): () => void {
    const timer = { at: this.now + ms, act, every };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }

  async run(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.now = Math.max(this.now, next.at);
      if (next.every) next.at += next.every;
      else this.#timers = this.#timers.filter((t) => t !== next);
      next.act();
    }
    this.now = until;
    await settle();
  }

  get waiting(): number {
    return this.#timers.length;
  }
}

/** Lets every promise that is ready run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}

export class FakeSocket implements Socket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closed: number | null = null;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  close(code = 1000): void {
    this.closed = code;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  fall(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  of(type: string): Record<string, unknown>[] {
    return this.sent.filter((m) => m.type === type);
  }
}

export function welcome(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: "welcome",
    session: "s",
    kind: "session",
    you: { participant: "me", seat: 0, name: "Dr A", title: "", role: "host", may: ["admit", "end"] },
    state: "in",
    act_state: "live",
    resume: "token-1",
    resumed: false,
    roster: [],
    chat: [],
    media_alive: false,
    ...more,
  };
}
