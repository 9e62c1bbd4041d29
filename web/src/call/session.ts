// One person's call: signalling and media held together. It knows phases,
// people, slots and links; it knows no element, no device, no page.
import { batch, signal } from "@preact/signals-core";
import type { Language } from "../api/types.ts";
import { type Capabilities, MediaLink } from "./connection.ts";
import type { ChatLine, IceServer, LinkQuality, MediaState, Pictures, Seat, ServerMessage, Source, Welcome, You } from "./messages.ts";
import { Paced } from "./paced.ts";
import { carries, type LinkFacts, Pulse, readStats } from "./pulse.ts";
import { Recovery, type Step } from "./recovery.ts";
import { Signalling, type Socket } from "./signalling.ts";
import { SlotTable } from "./slots.ts";
import { type Shown, View } from "./view.ts";

export type Phase = "joining" | "waiting" | "in" | "ended";
export type Line = "ok" | "reconnecting" | "restarting" | "failed";

export interface CallConfig {
  openSocket(): Socket;
  ticket(): Promise<string>;
  makePeer(iceServers: readonly IceServer[]): RTCPeerConnection;
  capabilities: Capabilities;
  language: Language;
  client: string;
  now(): number;
  /** Runs `act` every `ms`; returns how to stop. */
  every(ms: number, act: () => void): () => void;
  onNotice?(kind: string, detail: Record<string, unknown> | null): void;
  onMuted?(source: Source, muted: boolean, by: string): void;
}

const LOOK_MS = 1000;
const SWAP_LOOK_MS = 100;
const SWAP_AT_MOST_MS = 6000;
/** Looks before what flows on the old connection can be told. */
const SWAP_LOOKS = 2;
/** What we send goes over both for so long: others may not have moved yet. */
const LINGER_MS = 3000;
const LINK_REPORT_MS = 4000;
/** The server takes one `link` a second; the rest is for a line that bunches them. */
const LINK_APART_MS = 1250;
const PROBLEM_SHOWN_MS = 10_000;
const OFFER_AGAIN_MS = 1000;
const POOR_BEFORE_ADVICE = 2;
const ADVICE_AGAIN_MS = 60_000;
const CHAT_KEPT = 200;
const VIEW_AFTER_MS = 200;
const SOUND_ONLY_BEFORE_TOLD = 2;
const BACK_TOLD_MS = 6000;

async function statistics(link: MediaLink): Promise<LinkFacts> {
  return readStats((await link.pc.getStats()) as unknown as Map<string, Record<string, unknown>>);
}

export class CallSession {
  readonly phase = signal<Phase>("joining");
  readonly why = signal<string>("");
  readonly failure = signal<unknown>(null);
  readonly line = signal<Line>("ok");
  readonly you = signal<You | null>(null);
  readonly roster = signal<Seat[]>([]);
  readonly queue = signal<{ place: number; waiting: number; host_in: boolean } | null>(null);
  readonly speaker = signal<string | null>(null);
  readonly chat = signal<ChatLine[]>([]);
  readonly links = signal<LinkQuality[]>([]);
  readonly tracks = signal<ReadonlyMap<string, MediaStreamTrack>>(new Map());
  readonly slotRound = signal(0);
  readonly media = signal<MediaState>({
    microphone: false,
    camera: false,
    screen: false,
    instrument: false,
    instrument_audio: false,
  });
  readonly silenced = signal<ReadonlySet<string>>(new Set());
  readonly audioFirst = signal(false);
  readonly advice = signal(false);
  /** What our own line carries of the pictures: all that matters, none, or none until just now. */
  readonly pictures = signal<"shown" | "none" | "back">("shown");
  readonly problem = signal<string>("");
  readonly facts = signal<LinkFacts | null>(null);
  readonly slots = new SlotTable();

  negotiations = 0;
  rebuilds = 0;
  restarts = 0;

  readonly #config: CallConfig;
  readonly #signalling: Signalling;
  readonly #local = new Map<Source, MediaStreamTrack>();
  #link: MediaLink | null = null;
  /** A connection being built beside the one in use. */
  #next: MediaLink | null = null;
  /** The one before, which still sends for a moment. */
  #leaving: MediaLink | null = null;
  #building = false;
  #pulse: Pulse;
  readonly #recovery = new Recovery();
  #rebuildOnWelcome = false;
  #stops: (() => void)[] = [];
  #stopSwap: (() => void) | null = null;
  #poor = 0;
  readonly #view = new View();
  #stopView: (() => void) | null = null;
  #soundOnly = 0;
  #stopBack: (() => void) | null = null;
  #advisedAt = -Infinity;
  readonly #linkReport: Paced;
  #stopProblem: (() => void) | null = null;
  #looking = false;

  constructor(config: CallConfig) {
    this.#config = config;
    this.#pulse = new Pulse(config.now());
    this.#linkReport = new Paced(LINK_APART_MS, config.now, (ms, act) => this.#once(ms, act), () => this.#sayLink());
    this.#signalling = new Signalling({
      open: config.openSocket,
      ticket: config.ticket,
      language: config.language,
      client: config.client,
      after: (ms, act) => this.#once(ms, act),
      onMessage: (message) => this.#receive(message),
      onState: (state) => {
        if (state.state === "lost") this.line.value = "reconnecting";
        else if (state.state === "closed") this.#finish(state.why, state.error);
      },
    });
  }

  start(): void {
    this.#signalling.start();
    this.#stops.push(this.#config.every(LOOK_MS, () => void this.look()));
  }

  /** Puts a local track on its reserved sender; null takes it off. */
  async setTrack(source: Source, track: MediaStreamTrack | null, on = track !== null): Promise<void> {
    if (track) this.#local.set(source, track);
    else this.#local.delete(source);
    this.media.value = { ...this.media.value, [source]: on };
    await this.#sendOnAll(source);
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
    this.advice.value = false;
    this.#poor = 0;
    await this.#sendOnAll("camera");
    this.#sayMedia();
    this.#linkReport.say();
  }

  /** How large a picture is shown; null when its tile is gone. */
  show(participant: string, source: Source, shown: Shown | null): void {
    this.#view.show(participant, source, shown);
    this.#viewChanged();
  }

  /** The page came to the front, or went behind another. */
  hide(hidden: boolean): void {
    this.#view.hide(hidden);
    this.#viewChanged();
  }

  dismissAdvice(): void {
    this.advice.value = false;
    this.#advisedAt = this.#config.now();
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
    if (this.#link?.answered && this.phase.value === "in" && !this.#next) {
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
    const link = this.#link;
    if (!link) return;
    try {
      const offer = await link.restart();
      if (link === this.#link && this.#recovery.asked) this.#signalling.send({ type: "offer", ...offer });
    } catch (error) {
      console.error("teleloire: no ICE restart", error);
      this.#recover(this.#recovery.forget("rebuild"));
    }
  }

  /** One look at the packets: facts, life, advice. */
  async look(): Promise<void> {
    const link = this.#link;
    if (!link || this.#looking || this.phase.value === "ended") return;
    this.#looking = true;
    try {
      const facts = await statistics(link);
      if (link !== this.#link) return;
      const now = this.#config.now();
      this.facts.value = facts;
      await link.fitCamera();
      const life = this.#pulse.look(facts.heard, now);
      if (!this.#next && !this.#building && this.#connected && !this.#rebuildOnWelcome) {
        if (life === "dead" && !this.#recovery.asked) this.#recover(this.#recovery.forget("rebuild"));
        else if (link.answered) this.#recover(this.#recovery.look(this.#pulse.quiet(now), now));
      }
      if (life === "silent" && this.line.value === "ok") this.line.value = "reconnecting";
      else if (life === "alive" && this.line.value === "reconnecting" && this.#connected) this.line.value = "ok";
      if (this.#linkReport.quietFor >= LINK_REPORT_MS) this.#linkReport.say();
    } catch {
      // A connection closed between two looks has no statistics.
    } finally {
      this.#looking = false;
    }
  }

  /** For tests and support: who is in which slot and what came out of it. */
  async inspect() {
    const link = this.#link;
    const facts = link ? await statistics(link) : null;
    return {
      phase: this.phase.value,
      line: this.line.value,
      why: this.why.value,
      negotiations: this.negotiations,
      rebuilds: this.rebuilds,
      restarts: this.restarts,
      you: this.you.value?.participant ?? null,
      roster: this.roster.value.map((s) => ({ participant: s.participant, name: s.name, state: s.state })),
      speaker: this.speaker.value,
      sentBytes: facts?.sentBytes ?? 0,
      framesSent: facts?.framesSent ?? 0,
      senders: (link?.senders() ?? []).map(({ source, mid }) => {
        const layers = (facts?.sent ?? []).filter((s) => s.mid === mid);
        return { source, layers, activeLayers: layers.filter((l) => l.active && l.bytes > 0).length };
      }),
      slots: this.slots.all.map((slot) => {
        const seen = facts?.slots.get(slot.mid);
        return {
          mid: slot.mid,
          participant: slot.participant,
          source: slot.source,
          packets: seen?.packets ?? 0,
          framesDecoded: seen?.framesDecoded ?? 0,
          frameWidth: seen?.frameWidth ?? 0,
          frameHeight: seen?.frameHeight ?? 0,
          totalAudioEnergy: seen?.totalAudioEnergy ?? 0,
        };
      }),
    };
  }

  get pc(): RTCPeerConnection | null {
    return this.#link?.pc ?? null;
  }

  #connected = false;
  #iceServers: readonly IceServer[] = [];

  #wanted(source: Source): MediaStreamTrack | null {
    if (source === "camera" && this.audioFirst.value) return null;
    return this.#local.get(source) ?? null;
  }

  async #sendOnAll(source: Source): Promise<void> {
    const wanted = this.#wanted(source);
    await Promise.all([this.#link, this.#next, this.#leaving].map((link) => link?.send(source, wanted)));
  }

  #sayMedia(): void {
    const media = this.media.value;
    this.#signalling.send({ type: "media", ...media, camera: media.camera && !this.audioFirst.value });
  }

  #sayLink(): void {
    const facts = this.facts.value;
    let freezes = 0;
    let concealed = 0;
    for (const slot of facts?.slots.values() ?? []) {
      freezes += slot.freezes;
      concealed += slot.concealedSamples;
    }
    this.#signalling.send({
      type: "link",
      audio_first: this.audioFirst.value,
      freezes: Math.round(freezes),
      concealed_ms: Math.max(0, Math.round(concealed / 48)),
    });
  }

  /** Said once things have stood still for a moment: a window being drawn larger is one change. */
  #viewChanged(): void {
    if (this.#stopView || this.phase.value !== "in") return;
    this.#stopView = this.#config.every(VIEW_AFTER_MS, () => {
      this.#stopView?.();
      this.#stopView = null;
      if (!this.#link) return;
      const { sizes, sent } = this.#view.changes(this.slots.all);
      if (sizes.length === 0 || this.#signalling.send({ type: "view", sizes })) sent();
    });
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
      this.#stopBack = this.#config.every(BACK_TOLD_MS, () => {
        this.#stopBack?.();
        this.#stopBack = null;
        this.pictures.value = "shown";
      });
    }
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
        this.queue.value = { place: message.place, waiting: message.waiting, host_in: message.host_in };
        break;
      case "admitted":
        this.#iceServers = message.ice_servers;
        this.#enter();
        break;
      case "answer":
        void this.#answer(message.sdp);
        break;
      case "slots":
        if (this.slots.take(message.slots)) this.slotRound.value += 1;
        this.#viewChanged();
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
        this.#mediaEvent(message.event);
        break;
      case "notice":
        this.#config.onNotice?.(message.kind, message.detail);
        break;
      case "error":
        this.#refused(message);
        break;
      case "bye":
      case "test":
        break;
    }
  }

  #welcome(message: Welcome): void {
    this.#connected = true;
    this.#iceServers = message.ice_servers;
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
    const ours = this.#link !== null && this.#link.answered && !this.#rebuildOnWelcome;
    this.phase.value = "in";
    if (!ours || !message.media_alive) void this.#build();
    else this.#recover(this.#recovery.welcomed(this.#pulse.quiet(this.#config.now()), this.#config.now()));
    this.#sayMedia();
    this.#view.forget(); // This server may not be the one that was told.
    this.#viewChanged();
  }

  #enter(): void {
    const already = this.phase.value === "in";
    this.phase.value = "in";
    if (!already || !this.#link) void this.#build();
    this.#sayMedia();
  }

  #mediaEvent(event: "restart" | "connected" | "reconnecting" | "failed"): void {
    if (event === "restart") {
      this.line.value = "restarting";
      void this.#build();
    } else if (event === "connected") this.line.value = this.#next ? this.line.value : "ok";
    else if (event === "reconnecting") this.line.value = "reconnecting";
    else this.line.value = "failed";
  }

  /** A connection beside the present one, or the first. */
  async #build(): Promise<void> {
    if (this.#building) return;
    this.#building = true;
    this.#rebuildOnWelcome = false;
    this.#recovery.forget("nothing");
    this.#dropNext();
    const link = new MediaLink({
      make: () => this.#config.makePeer(this.#iceServers),
      layers: true,
      capabilities: this.#config.capabilities,
      onNegotiation: () => {
        this.negotiations += 1;
        console.error("teleloire: negotiationneeded after the only answer");
      },
      onTrack: () => {},
    });
    this.#next = link;
    if (this.#link) this.rebuilds += 1;
    try {
      const tracks: Partial<Record<Source, MediaStreamTrack | null>> = {};
      for (const source of this.#local.keys()) tracks[source] = this.#wanted(source);
      const offer = await link.offer(tracks);
      if (this.#next !== link) return;
      this.#signalling.send({ type: "offer", ...offer });
    } catch (error) {
      console.error("teleloire: offer failed", error);
      this.line.value = "failed";
      this.#dropNext();
    } finally {
      this.#building = false;
    }
  }

  async #answer(sdp: string): Promise<void> {
    const link = this.#next;
    if (!link && this.#recovery.asked) {
      this.#recovery.answered(this.#config.now());
      await this.#link?.restarted(sdp).catch(() => this.#recover(this.#recovery.forget("rebuild")));
      return;
    }
    if (!link || link.answered) return;
    try {
      await link.answer(sdp);
    } catch (error) {
      console.error("teleloire: answer refused", error);
      this.line.value = "failed";
      return;
    }
    if (this.#next !== link) return;
    if (!this.#link) this.#use(link);
    else this.#swapWhenSeen(link);
  }

  /** The old connection stays in use until the new one carries all that flows there; when nothing
   *  does (its relay is dead), until one frame was decoded. */
  #swapWhenSeen(link: MediaLink): void {
    const began = this.#config.now();
    const old = this.#link;
    let first: LinkFacts | null = null;
    let looks = 0;
    const expectsVideo = () =>
      !this.audioFirst.value && this.slots.all.some((s) => s.participant && s.source && !/micro|audio/.test(s.source));
    this.#stopSwap = this.#config.every(SWAP_LOOK_MS, async () => {
      if (this.#next !== link) return;
      const facts = await statistics(link);
      const before = old ? await statistics(old).catch(() => null) : null;
      if (this.#next !== link) return;
      first ??= before;
      looks += 1;
      const carried = first && before ? carries(first, before, facts) : "idle";
      const seen = [...facts.slots.values()].some((s) => s.framesDecoded > 0);
      const heard = facts.heard > 0 && !expectsVideo();
      const ready = looks >= SWAP_LOOKS && (carried === "all" || (carried === "idle" && (seen || heard)));
      if (ready || this.#config.now() - began > SWAP_AT_MOST_MS) this.#use(link);
    });
  }

  #use(link: MediaLink): void {
    const old = this.#link;
    this.#stopSwap?.();
    this.#stopSwap = null;
    this.#next = null;
    this.#link = link;
    this.#pulse = new Pulse(this.#config.now());
    const tracks = new Map<string, MediaStreamTrack>();
    for (const t of link.pc.getTransceivers()) {
      if (t.mid !== null && t.direction === "recvonly") tracks.set(t.mid, t.receiver.track);
    }
    batch(() => {
      this.tracks.value = tracks;
      this.slotRound.value += 1;
      if (this.line.value !== "failed") this.line.value = "ok";
    });
    for (const source of this.#local.keys()) void link.send(source, this.#wanted(source));
    this.#view.forget();
    this.#viewChanged();
    this.#dropLeaving();
    if (!old) return;
    this.#leaving = old;
    const stop = this.#config.every(LINGER_MS, () => {
      stop();
      if (this.#leaving === old) this.#dropLeaving();
    });
    this.#stops.push(stop);
  }

  #dropLeaving(): void {
    this.#leaving?.close();
    this.#leaving = null;
  }

  #dropNext(): void {
    this.#stopSwap?.();
    this.#stopSwap = null;
    this.#next?.close();
    this.#next = null;
  }

  #quality(links: LinkQuality[]): void {
    this.links.value = links;
    const mine = links.find((l) => l.participant === this.you.value?.participant);
    this.#followPictures(mine?.down?.video);
    this.#poor = mine?.grade === "poor" ? this.#poor + 1 : 0;
    const quietFor = this.#config.now() - this.#advisedAt;
    if (this.pictures.value === "none") this.advice.value = false; // It is so already.
    else if (this.#poor >= POOR_BEFORE_ADVICE && !this.audioFirst.value && quietFor > ADVICE_AGAIN_MS) {
      this.advice.value = true;
    } else if (mine && mine.grade !== "poor") this.advice.value = false;
  }

  #refused(error: Extract<ServerMessage, { type: "error" }>): void {
    if (error.re === "offer" && !this.#next && this.#recovery.asked) {
      this.#recover(this.#recovery.forget("rebuild"));
      return;
    }
    if (error.re === "offer") {
      this.#dropNext();
      if (error.code === "away") {
        this.#once(OFFER_AGAIN_MS, () => {
          if (this.phase.value === "in" && !this.#next) void this.#build();
        });
        return;
      }
      this.line.value = "failed";
    }
    // A report of the link is the page's own doing: no person can act on its refusal.
    if (error.code !== "ticket" && error.re !== "link") this.#sayProblem(error.message);
  }

  #sayProblem(message: string): void {
    this.#stopProblem?.();
    this.problem.value = message;
    this.#stopProblem = this.#once(PROBLEM_SHOWN_MS, () => (this.problem.value = ""));
  }

  #once(ms: number, act: () => void): () => void {
    const stop = this.#config.every(ms, () => {
      end();
      act();
    });
    const end = () => {
      stop();
      this.#stops = this.#stops.filter((s) => s !== end);
    };
    this.#stops.push(end);
    return end;
  }

  #finish(why: string, error: unknown = null): void {
    if (this.phase.value === "ended") return;
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#stopView?.();
    this.#stopBack?.();
    this.#dropNext();
    this.#dropLeaving();
    this.#link?.close();
    this.#link = null;
    batch(() => {
      this.why.value = why;
      this.failure.value = error;
      this.phase.value = "ended";
      this.tracks.value = new Map();
    });
    this.#signalling.stop();
  }
}
