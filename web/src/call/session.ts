// One person's call: signalling and media held together. It knows phases,
// people, slots and links; it knows no element, no device, no page.
import { batch, signal } from "@preact/signals-core";
import type { Language } from "../api/types.ts";
import { Advice } from "./advice.ts";
import type { Capabilities, MediaLink } from "./connection.ts";
import { inspectCall } from "./inspect.ts";
import { Links, statistics } from "./links.ts";
import { ALL_OFF, type ChatLine, type IceServer, type LinkQuality, type MediaState, type Queue, type Seat, type ServerMessage, type Source, type Welcome, type You } from "./messages.ts";
import { Paced } from "./paced.ts";
import { heardBadly, type LinkFacts, Pulse } from "./pulse.ts";
import { Recovery, type Step } from "./recovery.ts";
import { Signalling, type Socket } from "./signalling.ts";
import { SlotTable } from "./slots.ts";
import { type Every, Passing, Timers } from "./timers.ts";
import { type Shown, ViewTeller } from "./view.ts";

export type Phase = "joining" | "waiting" | "in" | "ended";
export type Line = "ok" | "reconnecting" | "restarting" | "failed";

export interface CallConfig {
  openSocket(): Socket;
  ticket(): Promise<string>;
  makePeer(iceServers: readonly IceServer[]): RTCPeerConnection;
  capabilities: Capabilities;
  language: Language;
  client: string;
  /** Who enters here is let in at once: the offer need not wait for the welcome. */
  early?: boolean;
  now(): number;
  every: Every;
  onNotice?(kind: string, detail: Record<string, unknown> | null): void;
  onMuted?(source: Source, muted: boolean, by: string): void;
}

const LOOK_MS = 1000;
const LINK_REPORT_MS = 4000;
/** The server takes one `link` a second; the rest is for a line that bunches them. */
const LINK_APART_MS = 1250;
const PROBLEM_SHOWN_MS = 10_000;
const OFFER_AGAIN_MS = 1000;
const CHAT_KEPT = 200;

export class CallSession {
  readonly phase = signal<Phase>("joining");
  readonly why = signal<string>("");
  readonly failure = signal<unknown>(null);
  readonly line = signal<Line>("ok");
  readonly you = signal<You | null>(null);
  readonly roster = signal<Seat[]>([]);
  readonly queue = signal<Queue | null>(null);
  readonly speaker = signal<string | null>(null);
  readonly chat = signal<ChatLine[]>([]);
  readonly links = signal<LinkQuality[]>([]);
  readonly tracks = signal<ReadonlyMap<string, MediaStreamTrack>>(new Map());
  readonly slotRound = signal(0);
  readonly media = signal<MediaState>(ALL_OFF);
  readonly silenced = signal<ReadonlySet<string>>(new Set());
  readonly audioFirst = signal(false);
  readonly advice: Advice["advice"];
  readonly pictures: Advice["pictures"];
  readonly problem: Passing["words"];
  readonly facts = signal<LinkFacts | null>(null);
  readonly slots = new SlotTable();

  negotiations = 0;
  restarts = 0;

  readonly #config: CallConfig;
  readonly #signalling: Signalling;
  readonly #local = new Map<Source, MediaStreamTrack>();
  readonly #timers: Timers;
  readonly #links: Links;
  readonly #advice: Advice;
  #pulse: Pulse;
  readonly #recovery = new Recovery();
  #rebuildOnWelcome = false;
  readonly #view: ViewTeller;
  readonly #linkReport: Paced;
  readonly #problem: Passing;
  #looking = false;

  constructor(config: CallConfig) {
    this.#config = config;
    this.#timers = new Timers((ms, act) => config.every(ms, act));
    this.#problem = new Passing(this.#timers, PROBLEM_SHOWN_MS);
    this.problem = this.#problem.words;
    this.#advice = new Advice(this.#timers, () => config.now());
    this.advice = this.#advice.advice;
    this.pictures = this.#advice.pictures;
    this.#links = new Links({
      makePeer: (servers) => config.makePeer(servers),
      capabilities: config.capabilities,
      timers: this.#timers,
      now: () => config.now(),
      sources: () => this.#local.keys(),
      wanted: (source) => this.#wanted(source),
      expectsVideo: () =>
        !this.audioFirst.value && this.slots.all.some((s) => s.participant && s.source && !/micro|audio/.test(s.source)),
      onOffer: (offer) => void this.#signalling.send({ type: "offer", ...offer }),
      onUsed: (link, carries) => this.#used(link, carries),
      onFailed: () => (this.line.value = "failed"),
      onNegotiation: () => {
        this.negotiations += 1;
        console.error("teleloire: negotiationneeded after the only answer");
      },
    });
    this.#pulse = new Pulse(config.now());
    this.#view = new ViewTeller(
      (ms, act) => this.#timers.once(ms, act),
      () => (this.phase.value === "in" && this.#links.used ? this.slots.all : null),
      (sizes) => this.#signalling.send({ type: "view", sizes }),
    );
    this.#linkReport = new Paced(LINK_APART_MS, config.now, (ms, act) => this.#timers.once(ms, act), () => this.#sayLink());
    this.#signalling = new Signalling({
      open: config.openSocket,
      ticket: config.ticket,
      get language() {
        return config.language;
      },
      client: config.client,
      behindHello: () => {
        const offer = config.early ? this.#links.early() : null;
        return offer && { type: "offer", ...offer };
      },
      after: (ms, act) => this.#timers.once(ms, act),
      onMessage: (message) => this.#receive(message),
      onState: (state) => {
        this.#socketUp &&= state.state !== "lost"; // until it is welcomed again
        if (state.state === "lost") {
          this.#links.recall();
          this.line.value = "reconnecting";
        } else if (state.state === "closed") this.#finish(state.why, state.error);
      },
    });
  }

  /** In the lobby: what a start will need is made ready, and nobody is told. */
  prepare(): void {
    this.#signalling.prepare();
    this.#links.prepare();
  }

  start(): void {
    this.#signalling.start();
    this.#timers.every(LOOK_MS, () => void this.look());
  }

  /** Puts a local track on its reserved sender; null takes it off. */
  async setTrack(source: Source, track: MediaStreamTrack | null, on = track !== null): Promise<void> {
    if (track) this.#local.set(source, track);
    else this.#local.delete(source);
    this.media.value = { ...this.media.value, [source]: on };
    await this.#links.send(source);
    this.#sayMedia();
  }

  localTrack(source: Source): MediaStreamTrack | null {
    return this.#local.get(source) ?? null;
  }

  setMicrophone(on: boolean): void {
    const track = this.#local.get("microphone");
    if (track) track.enabled = on;
    this.media.value = { ...this.media.value, microphone: on && track !== undefined };
    this.#sayMedia();
  }

  async setAudioFirst(on: boolean): Promise<void> {
    this.audioFirst.value = on;
    this.#advice.settled();
    await this.#links.send("camera");
    this.#sayMedia();
    this.#linkReport.say();
  }

  /** How large a picture is shown; null when its tile is gone. */
  show(participant: string, source: Source, shown: Shown | null): void {
    this.#view.show(participant, source, shown);
  }

  /** The page came to the front, or went behind another. */
  hide(hidden: boolean): void {
    this.#view.hide(hidden);
  }

  dismissAdvice(): void {
    this.#advice.dismiss();
  }

  admit(participant: string): void {
    this.#signalling.send({ type: "admit", participant });
  }

  refuse(participant: string): void {
    this.#signalling.send({ type: "refuse", participant });
  }

  remove(participant: string): void {
    this.#signalling.send({ type: "remove", participant });
  }

  mute(participant: string, source: Source, muted: boolean): void {
    this.#signalling.send({ type: "mute", participant, source, muted });
  }

  order(order: string[]): void {
    this.#signalling.send({ type: "layout", order });
  }

  write(text: string): boolean {
    return this.#signalling.send({ type: "chat", text });
  }

  raise(raised: boolean): void {
    this.#signalling.send({ type: "hand", raised });
  }

  identity(participant: string, checked: boolean): void {
    this.#signalling.send({ type: "identity", participant, checked });
  }

  end(): void {
    this.#signalling.send({ type: "end" });
  }

  leave(): void {
    this.#signalling.send({ type: "leave" });
    this.#finish("left");
  }

  may(what: string): boolean {
    return this.you.value?.may.includes(what) ?? false;
  }

  /** The browser is on another network, or on one again. */
  networkChanged(): void {
    this.#signalling.hurry();
    if (this.#links.used?.answered && this.phase.value === "in" && !this.#links.next) {
      this.#recover(this.#recovery.changed(this.#config.now()));
    }
  }

  #recover(step: Step): void {
    switch (step) {
      case "nothing":
        break;
      case "restart":
        this.restarts += 1;
        void this.#restart();
        break;
      case "again":
        void this.#restart();
        break;
      case "reopen":
        this.line.value = "reconnecting";
        this.#signalling.reopen();
        break;
      case "rebuild":
        // Come back by a fresh socket; its welcome builds a new connection.
        this.#pulse = new Pulse(this.#config.now());
        this.#rebuildOnWelcome = true;
        this.line.value = "reconnecting";
        this.#signalling.reopen();
        break;
    }
  }

  /** Another path for the connection we have; what cannot leave now is said on the welcome. */
  async #restart(): Promise<void> {
    const link = this.#links.used;
    if (!link) return;
    try {
      const offer = await link.restart();
      if (link === this.#links.used && this.#recovery.asked) this.#signalling.send({ type: "offer", ...offer });
    } catch (error) {
      console.error("teleloire: no ICE restart", error);
      this.#recover(this.#recovery.forget("rebuild"));
    }
  }

  /** One look at the packets: facts, life, advice. */
  async look(): Promise<void> {
    const link = this.#links.used;
    if (!link || this.#looking || this.phase.value === "ended") return;
    this.#looking = true;
    try {
      const facts = await statistics(link);
      if (link !== this.#links.used) return;
      const now = this.#config.now();
      this.facts.value = facts;
      await link.fitCamera();
      const life = this.#pulse.look(facts.heard, now);
      if (!this.#links.next && !this.#links.building && this.#connected && !this.#rebuildOnWelcome) {
        if (life === "dead" && !this.#recovery.asked) this.#recover(this.#recovery.forget("rebuild"));
        else if (link.answered) this.#recover(this.#recovery.look(this.#pulse.quiet(now), now));
      }
      if (life === "silent" && this.line.value === "ok") this.line.value = "reconnecting";
      else if (life === "alive" && this.line.value === "reconnecting" && this.#socketUp) this.line.value = "ok";
      if (this.#linkReport.quietFor >= LINK_REPORT_MS) this.#linkReport.say();
    } catch {
      // A connection closed between two looks has no statistics.
    } finally {
      this.#looking = false;
    }
  }

  inspect() {
    return inspectCall(this, this.#links.used);
  }

  get rebuilds(): number {
    return this.#links.rebuilds;
  }

  get pc(): RTCPeerConnection | null {
    return this.#links.used?.pc ?? null;
  }

  #connected = false;
  #socketUp = false;
  #pathUp = false;

  #wanted(source: Source): MediaStreamTrack | null {
    if (source === "camera" && this.audioFirst.value) return null;
    return this.#local.get(source) ?? null;
  }

  #sayMedia(): void {
    const media = this.media.value;
    this.#signalling.send({ type: "media", ...media, camera: media.camera && !this.audioFirst.value });
  }

  #sayLink(): void {
    this.#signalling.send({ type: "link", audio_first: this.audioFirst.value, ...heardBadly(this.facts.value) });
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#welcome(message);
        break;
      case "roster":
        this.roster.value = message.seats;
        break;
      case "waiting":
        this.queue.value = message;
        break;
      case "admitted":
        this.#links.serve(message.ice_servers);
        this.#enter();
        break;
      case "answer":
        void this.#answer(message.sdp);
        break;
      case "slots":
        if (this.slots.take(message.slots)) this.slotRound.value += 1;
        this.#view.changed();
        break;
      case "speaker":
        this.speaker.value = message.participant;
        break;
      case "chat":
        this.chat.value = [...this.chat.value, message].slice(-CHAT_KEPT);
        break;
      case "mute": {
        const silenced = new Set(this.silenced.value);
        if (message.muted) silenced.add(message.source);
        else silenced.delete(message.source);
        this.silenced.value = silenced;
        if (message.source === "microphone" && message.muted) this.setMicrophone(false);
        this.#config.onMuted?.(message.source, message.muted, message.by);
        break;
      }
      case "quality":
        this.#quality(message.links);
        break;
      case "media":
        this.#mediaEvent(message.event, message.media_alive);
        break;
      case "notice":
        this.#config.onNotice?.(message.kind, message.detail);
        break;
      case "error":
        this.#refused(message);
        break;
    }
  }

  #welcome(message: Welcome): void {
    this.#connected = this.#socketUp = true;
    this.#links.serve(message.ice_servers);
    const ours = this.#links.used !== null && this.#links.used.answered && !this.#rebuildOnWelcome;
    const build = message.state === "in" && (!ours || !message.media_alive);
    if (build) void this.#build(message.media_alive); // before anything is drawn
    batch(() => {
      this.you.value = message.you;
      this.roster.value = message.roster;
      this.chat.value = message.chat;
      if (this.line.value === "reconnecting") this.line.value = "ok";
    });
    if (message.state === "waiting") {
      this.phase.value = "waiting";
      return;
    }
    this.phase.value = "in";
    if (!build) this.#recover(this.#recovery.welcomed(this.#pulse.quiet(this.#config.now()), this.#config.now()));
    this.#sayMedia();
    this.#view.again(); // This server may not be the one that was told.
  }

  #enter(): void {
    const already = this.phase.value === "in";
    this.phase.value = "in";
    if (!already || !this.#links.used) void this.#build();
    this.#sayMedia();
  }

  #mediaEvent(event: "restart" | "connected" | "reconnecting" | "failed", alive?: boolean): void {
    if (event === "restart") {
      this.line.value = "restarting";
      void this.#build(alive);
    } else if (event === "connected") {
      this.#pathUp = true; // which may be told before the browser has taken the answer
      this.line.value = this.#links.next ? this.line.value : "ok";
    } else if (event === "reconnecting") this.line.value = "reconnecting";
    else this.line.value = "failed";
  }

  /** A connection beside the present one, or the first. */
  async #build(alive?: boolean): Promise<void> {
    this.#pathUp = this.#rebuildOnWelcome = false;
    this.#recovery.forget("nothing");
    await this.#links.build(alive);
  }

  async #answer(sdp: string): Promise<void> {
    if (this.#links.next || !this.#recovery.asked) return this.#links.answer(sdp);
    this.#recovery.answered(this.#config.now());
    await this.#links.used?.restarted(sdp).catch(() => this.#recover(this.#recovery.forget("rebuild")));
  }

  /** Another connection is the one in use: its tracks, and a life to judge from now on. */
  #used(link: MediaLink, carries: boolean): void {
    this.#pulse = new Pulse(this.#config.now());
    const tracks = new Map<string, MediaStreamTrack>();
    for (const t of link.pc.getTransceivers()) {
      if (t.mid !== null && t.direction === "recvonly") tracks.set(t.mid, t.receiver.track);
    }
    batch(() => {
      this.tracks.value = tracks;
      this.slotRound.value += 1;
      if ((carries || this.#pathUp) && this.line.value !== "failed") this.line.value = "ok";
    });
    this.#view.again();
  }

  #quality(links: LinkQuality[]): void {
    this.links.value = links;
    const mine = links.find((l) => l.participant === this.you.value?.participant);
    this.#advice.take(mine, this.audioFirst.value);
  }

  #refused(error: Extract<ServerMessage, { type: "error" }>): void {
    // Said behind the hello, of no use: who waits offers once admitted.
    if (error.re === "offer" && this.#links.recall()) return;
    if (error.re === "offer" && !this.#links.next && this.#recovery.asked) {
      this.#recover(this.#recovery.forget("rebuild"));
      return;
    }
    if (error.re === "offer") {
      this.#links.dropNext();
      if (error.code === "away" || error.code === "busy") {
        if (error.code === "busy") this.#problem.say(error.message);
        this.#timers.once(OFFER_AGAIN_MS, () => {
          if (this.phase.value === "in" && !this.#links.next) void this.#build();
        });
        return;
      }
      this.line.value = "failed";
    }
    // A report of the link is the page's own doing: no person can act on its refusal.
    if (error.code !== "ticket" && error.re !== "link") this.#problem.say(error.message);
  }

  #finish(why: string, error: unknown = null): void {
    if (this.phase.value === "ended") return;
    this.#timers.stopAll();
    this.#links.close();
    batch(() => {
      this.why.value = why;
      this.failure.value = error;
      this.phase.value = "ended";
      this.tracks.value = new Map();
    });
    this.#signalling.stop();
  }
}
