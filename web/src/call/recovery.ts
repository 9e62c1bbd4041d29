// What to do about a media path that fell silent, before another connection is
// built: an ICE restart keeps the keys, the streams and the slots, and only
// looks for another path. Pure: facts and the time come in, one step goes out.
//
//   well ──quiet, or the network changed──▶ asked ──answer──▶ answered ──heard──▶ well
//                                            │ no answer: a fresh socket, once     │
//                                            └──▶ asked again on its welcome       └ not heard: rebuild

/** Nothing heard for this long is worth looking for another path. */
export const QUIET_MS = 3_000;
/** On a welcome the socket itself was lost: less is enough. */
export const QUIET_ON_WELCOME_MS = 1_200;
/** An answer takes a round trip; without one the socket's path is dead too. */
export const ANSWER_MS = 2_000;
/** Checks on the new path: a few round trips and their repetitions. */
export const CHECKS_MS = 4_000;

export type Step = "nothing" | "restart" | "reopen" | "again" | "rebuild";

type State = { is: "well" } | { is: "asked"; since: number; reopened: boolean } | { is: "answered"; since: number };

export class Recovery {
  #state: State = { is: "well" };

  get asked(): boolean {
    return this.#state.is === "asked";
  }

  /** Once a second: how long since anything was heard. */
  look(quietMs: number, now: number): Step {
    const state = this.#state;
    switch (state.is) {
      case "well":
        return quietMs >= QUIET_MS ? this.#ask(now) : "nothing";
      case "asked":
        if (state.reopened || now - state.since < ANSWER_MS) return "nothing";
        this.#state = { ...state, reopened: true };
        return "reopen";
      case "answered":
        if (now - quietMs > state.since) this.#state = { is: "well" };
        else if (now - state.since >= CHECKS_MS) return this.forget("rebuild");
        return "nothing";
    }
  }

  /** The browser says that it is on another network, or on one again. */
  changed(now: number): Step {
    return this.#state.is === "asked" ? "nothing" : this.#ask(now);
  }

  /** A fresh socket, whose server still has our media. */
  welcomed(quietMs: number, now: number): Step {
    const state = this.#state;
    if (state.is === "asked") {
      this.#state = { is: "asked", since: now, reopened: state.reopened };
      return "again";
    }
    return state.is === "well" && quietMs >= QUIET_ON_WELCOME_MS ? this.#ask(now) : "nothing";
  }

  answered(now: number): void {
    if (this.#state.is === "asked") this.#state = { is: "answered", since: now };
  }

  /** Another connection takes over, or the restart was refused. */
  forget<S extends Step>(step: S): S {
    this.#state = { is: "well" };
    return step;
  }

  #ask(now: number): Step {
    this.#state = { is: "asked", since: now, reopened: false };
    return "restart";
  }
}
