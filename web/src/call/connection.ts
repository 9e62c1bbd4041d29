// One RTCPeerConnection with every m-line it will ever need: five senders
// reserved, eight audio and nine video slots to receive. After the one answer
// nothing is negotiated; tracks come and go by replaceTrack. Only an ICE
// restart offers once more, and changes nothing but the path.
// No DOM: the connection is made by a function given from outside.
import type { Source } from "./messages.ts";

export const SOURCES: readonly { source: Source; kind: "audio" | "video" }[] = [
  { source: "microphone", kind: "audio" },
  { source: "camera", kind: "video" },
  { source: "screen", kind: "video" },
  { source: "instrument", kind: "video" },
  { source: "instrument_audio", kind: "audio" },
];
export const AUDIO_SLOTS = 8;
export const VIDEO_SLOTS = 9;

/** What each source may cost at most, in bit/s. */
const CAPS: Partial<Record<Source, number>> = {
  microphone: 40_000,
  camera: 1_500_000,
  screen: 2_000_000,
  instrument: 2_000_000,
  instrument_audio: 64_000,
};

export interface Codec {
  mimeType: string;
  sdpFmtpLine?: string;
  clockRate?: number;
}

/** Opus for sound, each packet carrying the one before once more where the
    engine can (RED, RFC 2198); VP8 and its retransmissions for pictures. */
export function keepCodecs<C extends Codec>(kind: "audio" | "video", codecs: readonly C[]): C[] {
  const wanted = kind === "audio" ? ["audio/red", "audio/opus"] : ["video/vp8", "video/rtx"];
  return wanted.flatMap((name) => codecs.filter((c) => c.mimeType.toLowerCase() === name));
}

export interface Capabilities {
  audio: readonly Codec[];
  video: readonly Codec[];
}

export interface LinkConfig {
  make(): RTCPeerConnection;
  capabilities: Capabilities;
  /** Asked once a negotiation is wanted after the answer: always a defect. */
  onNegotiation(): void;
  onTrack(mid: string, track: MediaStreamTrack): void;
}

export class MediaLink {
  readonly pc: RTCPeerConnection;
  readonly #config: LinkConfig;
  readonly #senders = new Map<Source, RTCRtpTransceiver>();
  readonly #receivers: RTCRtpTransceiver[] = [];
  #answered = false;

  constructor(config: LinkConfig) {
    this.#config = config;
    this.pc = config.make();
    this.pc.onnegotiationneeded = () => {
      if (this.#answered) config.onNegotiation();
    };
  }

  /** The single offer: its text and which mid is which source. */
  async offer(tracks: Partial<Record<Source, MediaStreamTrack | null>>): Promise<{
    sdp: string;
    sources: Partial<Record<Source, string>>;
  }> {
    for (const { source, kind } of SOURCES) {
      const transceiver = this.pc.addTransceiver(kind, { direction: "sendonly" });
      this.#prefer(transceiver, kind);
      this.#senders.set(source, transceiver);
      const track = tracks[source];
      if (track) await transceiver.sender.replaceTrack(track);
    }
    for (let i = 0; i < AUDIO_SLOTS; i += 1) this.#receive("audio");
    for (let i = 0; i < VIDEO_SLOTS; i += 1) this.#receive("video");
    await this.pc.setLocalDescription(await this.pc.createOffer());
    return this.#described();
  }

  /** The same offer with other ICE credentials; said again while its answer is owed. */
  async restart(): Promise<{ sdp: string; sources: Partial<Record<Source, string>> }> {
    if (this.pc.signalingState !== "have-local-offer") {
      await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: true }));
    }
    return this.#described();
  }

  async restarted(sdp: string): Promise<void> {
    if (this.pc.signalingState === "have-local-offer") await this.pc.setRemoteDescription({ type: "answer", sdp });
  }

  async answer(sdp: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    this.#answered = true;
    for (const transceiver of this.#receivers) {
      if (transceiver.mid !== null) this.#config.onTrack(transceiver.mid, transceiver.receiver.track);
    }
    await Promise.all([...this.#senders.keys()].map((source) => this.#cap(source)));
  }

  get answered(): boolean {
    return this.#answered;
  }

  async send(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const transceiver = this.#senders.get(source);
    if (!transceiver || transceiver.sender.track === track) return;
    await transceiver.sender.replaceTrack(track);
  }

  track(mid: string): MediaStreamTrack | null {
    return this.#receivers.find((t) => t.mid === mid)?.receiver.track ?? null;
  }

  close(): void {
    this.pc.onnegotiationneeded = null;
    this.pc.close();
  }

  #described(): { sdp: string; sources: Partial<Record<Source, string>> } {
    const sources: Partial<Record<Source, string>> = {};
    for (const [source, transceiver] of this.#senders) {
      if (transceiver.mid !== null) sources[source] = transceiver.mid;
    }
    return { sdp: this.pc.localDescription?.sdp ?? "", sources };
  }

  #receive(kind: "audio" | "video"): void {
    const transceiver = this.pc.addTransceiver(kind, { direction: "recvonly" });
    this.#prefer(transceiver, kind);
    this.#receivers.push(transceiver);
  }

  #prefer(transceiver: RTCRtpTransceiver, kind: "audio" | "video"): void {
    const codecs = keepCodecs(kind, this.#config.capabilities[kind]);
    // An engine without the call (old Firefox) offers more; the relay trims.
    if (codecs.length > 0 && transceiver.setCodecPreferences) {
      transceiver.setCodecPreferences(codecs as RTCRtpCodec[]);
    }
  }

  async #cap(source: Source): Promise<void> {
    const sender = this.#senders.get(source)?.sender;
    const maxBitrate = CAPS[source];
    if (!sender || !maxBitrate) return;
    try {
      const parameters = sender.getParameters();
      if (!parameters.encodings?.length) return;
      for (const encoding of parameters.encodings) encoding.maxBitrate = maxBitrate;
      if (source === "screen") parameters.degradationPreference = "maintain-resolution";
      await sender.setParameters(parameters);
    } catch {
      // A cap is a courtesy to the link; an engine that refuses it still calls.
    }
  }
}
