// How large each picture is shown: gathered from the tiles, told by slot, so
// that the relay sends no more rows than the page shows. No DOM here.
import type { Slot, Source } from "./messages.ts";

/** Device pixels of the whole picture, with what a crop hides; 0 by 0: not on the screen. */
export interface Shown {
  width: number;
  height: number;
}

export interface SlotView extends Shown {
  mid: string;
}

const STEP = 16;
const WIDEST = 7680;
const HIGHEST = 4320;

/** Rounded up, so that a tile that grows by a hair costs no message. */
function round(value: number, most: number): number {
  return Math.min(most, Math.ceil(Math.max(0, value) / STEP) * STEP);
}

/** The picture of a box: one that fills it and loses its edges, or one shown whole. */
export function pictureIn(box: Shown, aspect: number, whole: boolean): Shown {
  if (box.width <= 0 || box.height <= 0) return { width: 0, height: 0 };
  const height = whole ? Math.min(box.height, box.width / aspect) : Math.max(box.height, box.width / aspect);
  return { width: round(height * aspect, WIDEST), height: round(height, HIGHEST) };
}

export class View {
  readonly #shown = new Map<string, Shown>();
  #told = new Map<string, string>();
  #hidden = false;

  show(participant: string, source: Source, shown: Shown | null): void {
    const key = `${participant} ${source}`;
    if (shown) this.#shown.set(key, shown);
    else this.#shown.delete(key);
  }

  /** The whole page: behind another tab or window nothing is seen. */
  hide(hidden: boolean): void {
    this.#hidden = hidden;
  }

  /** Whatever was told was told to a connection or a server that is gone. */
  forget(): void {
    this.#told.clear();
  }

  /** What is not as it was told last, for the slots as they are; `sent` once it left. */
  changes(slots: readonly Slot[]): { sizes: SlotView[]; sent: () => void } {
    const told = new Map<string, string>();
    const sizes: SlotView[] = [];
    for (const { mid, participant, source } of slots) {
      if (!participant || !source || source === "microphone" || source === "instrument_audio") continue;
      const key = `${participant} ${source}`;
      const shown = (this.#hidden ? null : this.#shown.get(key)) ?? { width: 0, height: 0 };
      const line = `${key} ${shown.width} ${shown.height}`;
      told.set(mid, line);
      if (this.#told.get(mid) !== line) sizes.push({ mid, ...shown });
    }
    return { sizes, sent: () => (this.#told = told) };
  }
}

const SAID_AFTER_MS = 200;

/** Says it once things have stood still for a moment: a window being drawn larger is one change. */
export class ViewTeller {
  readonly #view = new View();
  readonly #after: (ms: number, act: () => void) => unknown;
  readonly #slots: () => readonly Slot[] | null;
  readonly #say: (sizes: SlotView[]) => boolean;
  #due = false;

  /** `slots`: null while nothing is shown to anybody. `say`: false when it could not leave. */
  constructor(
    after: (ms: number, act: () => void) => unknown,
    slots: () => readonly Slot[] | null,
    say: (sizes: SlotView[]) => boolean,
  ) {
    this.#after = after;
    this.#slots = slots;
    this.#say = say;
  }

  show(participant: string, source: Source, shown: Shown | null): void {
    this.#view.show(participant, source, shown);
    this.changed();
  }

  hide(hidden: boolean): void {
    this.#view.hide(hidden);
    this.changed();
  }

  /** Another connection or server, which was told nothing yet. */
  again(): void {
    this.#view.forget();
    this.changed();
  }

  changed(): void {
    if (this.#due || !this.#slots()) return;
    this.#due = true;
    this.#after(SAID_AFTER_MS, () => {
      this.#due = false;
      const slots = this.#slots();
      if (!slots) return;
      const { sizes, sent } = this.#view.changes(slots);
      if (sizes.length === 0 || this.#say(sizes)) sent();
    });
  }
}
