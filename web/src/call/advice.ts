// What our own line's quality makes us say: that sound alone would be better, that pictures are gone
// or back. Said only of what lasts.
import { signal } from "@preact/signals-core";
import type { LinkQuality, Pictures } from "./messages.ts";
import type { Timers } from "./timers.ts";

const POOR_BEFORE_ADVICE = 2;
const ADVICE_AGAIN_MS = 60_000;
const SOUND_ONLY_BEFORE_TOLD = 2;
const BACK_TOLD_MS = 6000;

export class Advice {
  /** "Stop the picture" is proposed. */
  readonly advice = signal(false);
  /** What our own line carries of the pictures: all that matters, none, or none until just now. */
  readonly pictures = signal<"shown" | "none" | "back">("shown");

  readonly #timers: Timers;
  readonly #now: () => number;
  #poor = 0;
  #soundOnly = 0;
  #stopBack: (() => void) | null = null;
  #advisedAt = -Infinity;

  constructor(timers: Timers, now: () => number) {
    this.#timers = timers;
    this.#now = now;
  }

  /** The server's newest word on our own link. */
  take(mine: LinkQuality | undefined, audioFirst: boolean): void {
    this.#followPictures(mine?.down?.video);
    this.#poor = mine?.grade === "poor" ? this.#poor + 1 : 0;
    const quietFor = this.#now() - this.#advisedAt;
    if (this.pictures.value === "none") this.advice.value = false; // It is so already.
    else if (this.#poor >= POOR_BEFORE_ADVICE && !audioFirst && quietFor > ADVICE_AGAIN_MS) this.advice.value = true;
    else if (mine && mine.grade !== "poor") this.advice.value = false;
  }

  /** The person chose, one way or the other. */
  settled(): void {
    this.advice.value = false;
    this.#poor = 0;
  }

  dismiss(): void {
    this.advice.value = false;
    this.#advisedAt = this.#now();
  }

  /** "The line carries sound only" is said once it was seen twice, and so is the end of it. */
  #followPictures(video: Pictures | null | undefined): void {
    this.#soundOnly = video === "none" ? this.#soundOnly + 1 : 0;
    if (this.#soundOnly >= SOUND_ONLY_BEFORE_TOLD) {
      this.#stopBack?.();
      this.#stopBack = null;
      this.pictures.value = "none";
    } else if (this.pictures.value === "none" && !video) this.pictures.value = "shown";
    else if (this.pictures.value === "none" && video !== "none") {
      this.pictures.value = "back";
      this.#stopBack = this.#timers.once(BACK_TOLD_MS, () => {
        this.#stopBack = null;
        this.pictures.value = "shown";
      });
    }
  }
}
