// RED made by the page, where the engine has none (Firefox): its sounds then survive a line that
// loses, as those of the others do (docs/decisions/0058). The frames are wrapped in a worker.

/** A part of Worker. */
export interface Wrapper {
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  postMessage(message: unknown): void;
}

/** From this share of lost packets on frames go twice, and a minute after: as the relay repeats. */
const LOSSY = 0.02;
const HELD_MS = 60_000;

export class Redundancy {
  /** False when there is no wrapper: sound must not wait for a file that does not come. */
  readonly ready: Promise<boolean>;
  readonly #wrapper: Wrapper;
  readonly #transform: () => unknown;
  #until = 0;
  #twice = false;

  constructor(wrapper: Wrapper, transform: () => unknown, patience: (act: () => void) => void) {
    this.#wrapper = wrapper;
    this.#transform = transform;
    this.ready = new Promise((resolve) => {
      wrapper.onmessage = () => resolve(true);
      wrapper.onerror = () => resolve(false);
      patience(() => resolve(false));
    });
  }

  /** Every frame of this sender is RED from now on, before its first packet. */
  wrap(sender: RTCRtpSender): void {
    (sender as { transform?: unknown }).transform = this.#transform();
  }

  /** What our way up loses, 0 to 1, as the relay sees it. */
  judge(loss: number, now: number): void {
    if (loss >= LOSSY) this.#until = now + HELD_MS;
    const twice = now < this.#until;
    if (twice !== this.#twice) this.#wrapper.postMessage(twice);
    this.#twice = twice;
  }
}
