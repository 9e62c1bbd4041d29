// One RTCPeerConnection with every m-line it will ever need: five senders
// reserved, eight audio and nine video slots to receive. After the one answer
// nothing is negotiated; tracks come and go by replaceTrack. Only an ICE
// restart offers once more, and changes nothing but the path.
// No DOM: the connection is made by a function given from outside.
import type { IceServer, Source } from "./messages.ts";
import type { Redundancy } from "./redundancy.ts";
import { shorten } from "./shorten.ts";

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
  camera: 1_700_000,
  screen: 2_000_000,
  instrument: 2_000_000,
  instrument_audio: 64_000,
};

export interface Layer {
  rid: string;
  /** Of the camera's own rows and columns: its picture divided by this. */
  scaleResolutionDownBy: number;
  maxBitrate: number;
  active: boolean;
}

/** What each may cost, in bit/s, by how many there are. */
const LAYER_RATES = [[300_000], [200_000, 700_000], [150_000, 500_000, 1_700_000]] as const;

/**
 * The camera's layers, from the smallest picture to the largest (docs/signalling.md). A small
 * camera has fewer of them, and its first is its whole picture: engines drop the layers too many
 * for a size from the end of the list.
 */
export function layersOf(rows: number | undefined): Layer[] {
  const height = rows || 720;
  const count = height < 270 ? 1 : height < 540 ? 2 : 3;
  const rates: readonly number[] = LAYER_RATES[count - 1] ?? [];
  return ["q", "h", "f"].map((rid, i) => ({
    rid,
    scaleResolutionDownBy: i < count ? 2 ** (count - 1 - i) : 1,
    maxBitrate: rates[i] ?? 1_700_000,
    active: i < count,
  }));
}

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
  /** In the engine's stead, where it has no RED. */
  redundancy?: Redundancy | null;
}

/** `redundant`: the sounds whose frames are RED under the number of Opus. */
export interface Offer {
  sdp: string;
  sources: Partial<Record<Source, string>>;
  redundant?: Source[];
}

/** The rows of a camera's picture, as far as its track tells. */
function rowsOf(track: MediaStreamTrack | null | undefined): number | undefined {
  const settings = track?.getSettings?.();
  // A phone held upright sends columns for rows.
  return settings && Math.min(settings.height ?? 0, settings.width ?? 0);
}

export interface LinkConfig {
  make(): RTCPeerConnection;
  /** The camera in three layers; the equipment test looks at one picture. */
  layers: boolean;
  capabilities: Capabilities;
  /** Asked once a negotiation is wanted after the answer: always a defect. */
  onNegotiation(): void;
  onTrack(mid: string, track: MediaStreamTrack): void;
}

export class MediaLink {
  readonly pc: RTCPeerConnection;
  #layered = false;
  #fitted: number | undefined;
  readonly #config: LinkConfig;
  readonly #senders = new Map<Source, RTCRtpTransceiver>();
  readonly #receivers: RTCRtpTransceiver[] = [];
  readonly #redundant: Source[] = [];
  #answered = false;
  #description: RTCLocalSessionDescriptionInit | undefined;

  constructor(config: LinkConfig) {
    this.#config = config;
    this.pc = config.make();
    this.pc.onnegotiationneeded = () => {
      if (this.#answered) config.onNegotiation();
    };
  }

  /** Every m-line, what is sent on it, and the text of the offer: what costs an engine most, so
      that a spare has it done. No port is opened yet. */
  async prepare(tracks: Partial<Record<Source, MediaStreamTrack | null>>): Promise<void> {
    const redundancy = this.#config.capabilities.redundancy;
    const wraps = redundancy ? await redundancy.ready : false;
    for (const { source, kind } of SOURCES) {
      const transceiver =
        source === "camera" && this.#config.layers
          ? this.#layeredSender()
          : this.pc.addTransceiver(kind, { direction: "sendonly" });
      this.#prefer(transceiver, kind);
      this.#senders.set(source, transceiver);
      if (kind === "audio" && wraps) {
        redundancy?.wrap(transceiver.sender);
        this.#redundant.push(source);
      }
    }
    for (let i = 0; i < AUDIO_SLOTS; i += 1) this.#receive("audio");
    for (let i = 0; i < VIDEO_SLOTS; i += 1) this.#receive("video");
    await Promise.all(SOURCES.map(({ source }) => this.send(source, tracks[source] ?? null)));
    this.#description = await this.pc.createOffer();
  }

  /**
   * The offer as it is written, said before it is in force: no port is open yet, and other servers
   * may still be given. Null when it is not written, or this engine keeps its servers for life.
   */
  written(): Offer | null {
    const sdp = this.#description?.sdp;
    if (!sdp || typeof this.pc.setConfiguration !== "function") return null;
    // The senders were made first, and lines stand in the order of their making.
    const mids = [...sdp.matchAll(/^a=mid:(\S+)/gm)].map((m) => m[1]);
    return this.#said(sdp, Object.fromEntries(SOURCES.map(({ source }, i) => [source, mids[i]])));
  }

  /** Other servers than it was made with, before its offer is in force; false when it takes none. */
  serve(servers: readonly IceServer[]): boolean {
    try {
      this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: [...servers] });
      return true;
    } catch {
      return false;
    }
  }

  /** The single offer: its text and which mid is which source. */
  async offer(): Promise<Offer> {
    await this.pc.setLocalDescription(this.#description);
    return this.#described();
  }

  /** The same offer with other ICE credentials; said again while its answer is owed. */
  async restart(): Promise<Offer> {
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
    // The first packets do not wait for this.
    for (const [source, { sender }] of this.#senders) if (sender.track) void this.#cap(source);
  }

  get answered(): boolean {
    return this.#answered;
  }

  async send(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const transceiver = this.#senders.get(source);
    if (!transceiver || transceiver.sender.track === track) return;
    await transceiver.sender.replaceTrack(track);
    if (track && this.#answered) await this.#cap(source);
  }

  /** Nothing is encoded any more: whoever was at the other end is gone. */
  async hush(): Promise<void> {
    await Promise.all([...this.#senders.keys()].map((source) => this.send(source, null).catch(() => {})));
  }

  /** The camera's layers follow its picture: another camera, a phone turned, a size asked for. */
  async fitCamera(): Promise<void> {
    const track = this.#senders.get("camera")?.sender.track;
    if (this.#layered && this.#answered && track && rowsOf(track) !== this.#fitted) await this.#cap("camera");
  }

  /** Which line carries which source. */
  senders(): { source: Source; mid: string | null }[] {
    return [...this.#senders].map(([source, transceiver]) => ({ source, mid: transceiver.mid }));
  }

  track(mid: string): MediaStreamTrack | null {
    return this.#receivers.find((t) => t.mid === mid)?.receiver.track ?? null;
  }

  close(): void {
    this.pc.onnegotiationneeded = null;
    this.pc.close();
  }

  #said(sdp: string, sources: Offer["sources"]): Offer {
    return { sdp: shorten(sdp), sources, ...(this.#redundant.length > 0 ? { redundant: this.#redundant } : {}) };
  }

  #described(): Offer {
    const sources: Partial<Record<Source, string>> = {};
    for (const [source, transceiver] of this.#senders) {
      if (transceiver.mid !== null) sources[source] = transceiver.mid;
    }
    return this.#said(this.pc.localDescription?.sdp ?? "", sources);
  }

  /**
   * Three layers of the camera; two temporal layers in each where the engine takes them (Chromium).
   * An engine that refuses an option is asked for less, and one stream is a call too.
   */
  #layeredSender(): RTCRtpTransceiver {
    const layers = layersOf(undefined);
    for (const more of [{ scalabilityMode: "L1T2" }, {}]) {
      try {
        const sendEncodings = layers.map((layer) => ({ ...layer, ...more }));
        const transceiver = this.pc.addTransceiver("video", { direction: "sendonly", sendEncodings });
        this.#layered = true;
        return transceiver;
      } catch {
        // Asked for less below.
      }
    }
    return this.pc.addTransceiver("video", { direction: "sendonly" });
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
      const layered = source === "camera" && this.#layered;
      const rows = rowsOf(sender.track);
      const layers = layered ? layersOf(rows) : [];
      if (layered) this.#fitted = rows;
      for (const encoding of parameters.encodings) {
        const layer = layers.find((l) => l.rid === encoding.rid);
        Object.assign(encoding, layer ?? { maxBitrate });
      }
      if (source === "screen") parameters.degradationPreference = "maintain-resolution";
      await sender.setParameters(parameters);
    } catch {
      // A cap is a courtesy to the link; an engine that refuses it still calls.
    }
  }
}
