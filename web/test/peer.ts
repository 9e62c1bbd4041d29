// A browser's connections moved by hand, and a call of them: no DOM, no clock, no network.
import { CallSession, type CallConfig } from "../src/call/session.ts";
import { Clock, FakeSocket, settle } from "./support.ts";

export class FakeTrack {
  enabled = true;
  constructor(
    readonly kind: string,
    readonly id: string,
  ) {}
}

export class FakePeer {
  onnegotiationneeded: (() => void) | null = null;
  transceivers: {
    mid: string | null;
    kind: string;
    direction: string;
    sender: { track: unknown; replaceTrack(t: unknown): Promise<void>; getParameters(): object; setParameters(): Promise<void> };
    receiver: { track: FakeTrack };
    setCodecPreferences(): void;
  }[] = [];
  offers = 0;
  restarts = 0;
  signalingState = "stable";
  closed = false;
  localDescription: { sdp: string } | null = null;
  configuration: RTCConfiguration = {};
  heard = 0;
  frames = 0;
  also = 0;

  constructor(
    readonly name: string,
    readonly offered: (peer: FakePeer) => void,
  ) {}

  /** What was asked of each transceiver; `refuses` throws when it is asked so. */
  asked: { direction: string; sendEncodings?: Record<string, unknown>[] }[] = [];
  refuses: (init: { sendEncodings?: Record<string, unknown>[] }) => boolean = () => false;

  addTransceiver(kind: string, init: { direction: string; sendEncodings?: Record<string, unknown>[] }) {
    if (this.refuses(init)) throw new TypeError("not this");
    this.asked.push(init);
    const sender = {
      track: null as unknown,
      replaceTrack: async (t: unknown) => void (sender.track = t),
      getParameters: () => ({ encodings: [{}] }),
      setParameters: async () => {},
    };
    const transceiver = {
      mid: null as string | null,
      kind,
      direction: init.direction,
      sender,
      receiver: { track: new FakeTrack(kind, `${this.name}-${this.transceivers.length}`) },
      setCodecPreferences: () => {},
    };
    this.transceivers.push(transceiver);
    this.onnegotiationneeded?.();
    return transceiver;
  }

  getTransceivers() {
    return this.transceivers;
  }

  async createOffer(options?: { iceRestart?: boolean }) {
    this.offers += 1;
    if (options?.iceRestart) this.restarts += 1;
    const lines = this.transceivers.map((_, i) => `a=mid:${i}`);
    return { type: "offer", sdp: [`offer of ${this.name}, ICE ${this.restarts}`, ...lines].join("\r\n") };
  }

  async setLocalDescription(d: { sdp: string }) {
    if (!this.localDescription) this.offered(this);
    this.localDescription = d;
    this.signalingState = "have-local-offer";
    this.transceivers.forEach((t, i) => (t.mid = String(i)));
  }

  async setRemoteDescription() {
    this.signalingState = "stable";
  }

  async getStats() {
    return new Map([
      ["v", { type: "inbound-rtp", kind: "video", mid: "13", packetsReceived: this.heard, framesDecoded: this.frames }],
      ["a", { type: "inbound-rtp", kind: "audio", mid: "5", packetsReceived: this.also }],
    ]);
  }

  getConfiguration() {
    return this.configuration;
  }

  setConfiguration(configuration: RTCConfiguration) {
    this.configuration = configuration;
  }

  close() {
    this.closed = true;
  }
}

/** What was offered, by the first line of each. */
export const offersOf = (socket: FakeSocket) => socket.of("offer").map((o) => String(o.sdp).split("\r\n")[0]);

/** A call in front of its room: nothing is started. `more` is what is not as usual. */
export function callOf(prepare: (peer: FakePeer) => void = () => {}, more: Partial<CallConfig> = {}) {
  const clock = new Clock();
  const sockets: FakeSocket[] = [];
  const made: FakePeer[] = [];
  const peers: FakePeer[] = []; // those that were offered; a spare is only made
  const config: CallConfig = {
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    ticket: async () => "ticket",
    makePeer: (servers) => {
      const peer = new FakePeer(`pc${made.length}`, (p) => peers.push(p));
      peer.configuration = { iceServers: [...servers] };
      prepare(peer);
      made.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
    capabilities: { audio: [{ mimeType: "audio/opus" }], video: [{ mimeType: "video/VP8" }] },
    language: "fr",
    client: "test",
    now: () => clock.now,
    every: clock.every,
  };
  const call = new CallSession(Object.defineProperties(config, Object.getOwnPropertyDescriptors(more)));
  const socket = () => sockets[sockets.length - 1] as FakeSocket;
  const peer = () => peers[peers.length - 1] as FakePeer;
  return { clock, sockets, made, peers, call, socket, peer };
}

export async function setUp(prepare: (peer: FakePeer) => void = () => {}) {
  const s = callOf(prepare);
  s.call.start();
  await settle();
  return s;
}
