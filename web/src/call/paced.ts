// What may be said only so often: the first goes at once, what comes too
// soon after goes once, later, as things stand then.

type After = (ms: number, act: () => void) => () => void;

export class Paced {
  readonly #apart: number;
  readonly #now: () => number;
  readonly #after: After;
  readonly #act: () => void;
  #last = -Infinity;
  #due = false;

  constructor(apart: number, now: () => number, after: After, act: () => void) {
    this.#apart = apart;
    this.#now = now;
    this.#after = after;
    this.#act = act;
  }

  /** How long ago it was last said. */
  get quietFor(): number {
    return this.#now() - this.#last;
  }

  say(): void {
    if (this.#due) return;
    const wait = this.#apart - this.quietFor;
    if (wait <= 0) {
      this.#last = this.#now();
      this.#act();
      return;
    }
    this.#due = true;
    this.#after(wait, () => {
      this.#due = false;
      this.say();
    });
  }
}
