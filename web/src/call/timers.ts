// Timers of one call, all stopped when it ends.
import { signal } from "@preact/signals-core";

/** Runs `act` every `ms`; returns how to stop. */
export type Every = (ms: number, act: () => void) => () => void;

export class Timers {
  readonly #every: Every;
  #stops: (() => void)[] = [];

  constructor(every: Every) {
    this.#every = every;
  }

  every(ms: number, act: () => void): () => void {
    const inner = this.#every(ms, act);
    const stop = () => {
      inner();
      this.#stops = this.#stops.filter((s) => s !== stop);
    };
    this.#stops.push(stop);
    return stop;
  }

  once(ms: number, act: () => void): () => void {
    const stop = this.every(ms, () => {
      stop();
      act();
    });
    return stop;
  }

  stopAll(): void {
    for (const stop of this.#stops) stop();
  }
}

/** Words that stand for a while; newer ones take their place. */
export class Passing {
  readonly words = signal<string>("");
  readonly #timers: Timers;
  readonly #ms: number;
  #stop: (() => void) | null = null;

  constructor(timers: Timers, ms: number) {
    this.#timers = timers;
    this.#ms = ms;
  }

  say(words: string): void {
    this.#stop?.();
    this.words.value = words;
    this.#stop = this.#timers.once(this.#ms, () => (this.words.value = ""));
  }
}
