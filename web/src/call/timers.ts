// Timers of one call, all stopped when it ends.

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
