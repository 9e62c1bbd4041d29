// Who is in which receive slot. The relay moves people between slots and says
// so; nothing is ever negotiated for it.
import type { Slot, Source } from "./messages.ts";

export interface Held {
  mid: string;
  source: Source;
}

export class SlotTable {
  #slots: readonly Slot[] = [];

  /** Takes the whole new table; true when something changed. */
  take(slots: readonly Slot[]): boolean {
    const same =
      slots.length === this.#slots.length &&
      slots.every((slot, i) => {
        const old = this.#slots[i];
        return old?.mid === slot.mid && old.participant === slot.participant && old.source === slot.source;
      });
    this.#slots = slots.map((s) => ({ ...s }));
    return !same;
  }

  clear(): void {
    this.#slots = [];
  }

  get all(): readonly Slot[] {
    return this.#slots;
  }

  /** The slot that carries this source of this person, or null. */
  find(participant: string, source: Source): string | null {
    const slot = this.#slots.find((s) => s.participant === participant && s.source === source);
    return slot?.mid ?? null;
  }

  at(mid: string): Slot | null {
    return this.#slots.find((s) => s.mid === mid) ?? null;
  }

  of(participant: string): Held[] {
    const held: Held[] = [];
    for (const slot of this.#slots) {
      if (slot.participant === participant && slot.source) held.push({ mid: slot.mid, source: slot.source });
    }
    return held;
  }

  /** Everyone who shares a screen or an instrument now, screens first. */
  shares(): { participant: string; source: Source; mid: string }[] {
    const shares = this.#slots.flatMap((s) =>
      s.participant && (s.source === "screen" || s.source === "instrument")
        ? [{ participant: s.participant, source: s.source, mid: s.mid }]
        : [],
    );
    return shares.sort((a, b) => (a.source === b.source ? 0 : a.source === "screen" ? -1 : 1));
  }
}
