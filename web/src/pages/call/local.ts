// This person's own camera, microphone, screen and instrument, and their way
// onto the call's reserved senders.
import { signal } from "@preact/signals";
import type { CallSession } from "../../call/session.ts";
import {
  askBoth,
  askCamera,
  askInstrument,
  askMicrophone,
  askScreen,
  picked,
  type Refusal,
  whyRefused,
} from "../../media/devices.ts";

export class LocalMedia {
  readonly camera = signal<MediaStreamTrack | null>(null);
  readonly microphone = signal<MediaStreamTrack | null>(null);
  readonly screen = signal<MediaStreamTrack | null>(null);
  readonly instrument = signal<MediaStreamTrack | null>(null);
  readonly micOn = signal(true);
  readonly refusal = signal<Refusal | null>(null);
  readonly asking = signal(false);
  #call: CallSession | null = null;

  async start(): Promise<void> {
    if (this.asking.value || this.camera.value || this.microphone.value) return;
    this.asking.value = true;
    const { tracks, refusal } = await askBoth();
    this.refusal.value = refusal;
    this.asking.value = false;
    for (const track of tracks) {
      if (track.kind === "video") await this.#setCamera(track);
      else await this.#setMicrophone(track);
    }
  }

  async attach(call: CallSession): Promise<void> {
    this.#call = call;
    await this.#setCamera(this.camera.value);
    await this.#setMicrophone(this.microphone.value);
  }

  async toggleMicrophone(): Promise<void> {
    if (!this.microphone.value) {
      await this.#try(async () => this.#setMicrophone(await askMicrophone()));
      return;
    }
    this.setMicrophone(!this.micOn.value);
  }

  setMicrophone(on: boolean): void {
    this.micOn.value = on;
    if (this.microphone.value) this.microphone.value.enabled = on;
    this.#call?.setMicrophone(on);
  }

  async toggleCamera(): Promise<void> {
    if (this.camera.value) {
      this.camera.value.stop(); // The light goes out too.
      await this.#setCamera(null);
    } else await this.#try(async () => this.#setCamera(await askCamera()));
  }

  async pickCamera(id: string): Promise<void> {
    picked.camera = id;
    await this.#try(async () => {
      const track = await askCamera(id);
      this.camera.value?.stop();
      await this.#setCamera(track);
    });
  }

  async pickMicrophone(id: string): Promise<void> {
    picked.microphone = id;
    await this.#try(async () => {
      const track = await askMicrophone(id);
      this.microphone.value?.stop();
      await this.#setMicrophone(track);
    });
  }

  async toggleScreen(): Promise<void> {
    if (this.screen.value) return this.#dropScreen();
    const track = await askScreen();
    if (!track) return;
    track.onended = () => void this.#dropScreen();
    this.screen.value = track;
    await this.#call?.setTrack("screen", track);
  }

  async setInstrument(id: string | null): Promise<void> {
    this.instrument.value?.stop();
    if (id === null) {
      this.instrument.value = null;
      await this.#call?.setTrack("instrument", null);
      return;
    }
    await this.#try(async () => {
      const track = await askInstrument(id);
      track.onended = () => void this.setInstrument(null);
      this.instrument.value = track;
      await this.#call?.setTrack("instrument", track);
    });
  }

  stop(): void {
    for (const slot of [this.camera, this.microphone, this.screen, this.instrument]) {
      slot.value?.stop();
      slot.value = null;
    }
    this.#call = null;
  }

  async #dropScreen(): Promise<void> {
    this.screen.value?.stop();
    this.screen.value = null;
    await this.#call?.setTrack("screen", null);
  }

  async #setCamera(track: MediaStreamTrack | null): Promise<void> {
    this.camera.value = track;
    if (track) {
      track.onended = () => void (this.camera.value === track && this.#setCamera(null));
    }
    await this.#call?.setTrack("camera", track);
  }

  async #setMicrophone(track: MediaStreamTrack | null): Promise<void> {
    this.microphone.value = track;
    if (track) track.enabled = this.micOn.value;
    await this.#call?.setTrack("microphone", track, track !== null && this.micOn.value);
  }

  async #try(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      this.refusal.value = null;
    } catch (error) {
      this.refusal.value = whyRefused(error);
    }
  }
}
