// The connections of one call: the one in use, one being built beside it, and the one before, which
// still sends for a moment. Whoever asks for a connection gets it when it carries all that flows.
import { type Capabilities, MediaLink, type Offer } from "./connection.ts";
import type { IceServer, Source } from "./messages.ts";
import { carries, type LinkFacts, readStats } from "./pulse.ts";
import type { Timers } from "./timers.ts";

const SWAP_LOOK_MS = 100;
const SWAP_AT_MOST_MS = 6000;
/** Looks before what flows on the old connection can be told. */
const SWAP_LOOKS = 2;
/** What we send goes over both for so long: others may not have moved yet. */
const LINGER_MS = 3000;
/** A call that has run so long gets a spare connection: made while nobody waits for it. */
const SPARE_AFTER_MS = 4000;

export async function statistics(link: MediaLink): Promise<LinkFacts> {
  return readStats((await link.pc.getStats()) as unknown as Map<string, Record<string, unknown>>);
}

export interface LinksConfig {
  makePeer(iceServers: readonly IceServer[]): RTCPeerConnection;
  capabilities: Capabilities;
  timers: Timers;
  now(): number;
  /** Sources that have a track now, and what of it is to be sent. */
  sources(): Iterable<Source>;
  wanted(source: Source): MediaStreamTrack | null;
  /** Somebody shows a picture that we want to see. */
  expectsVideo(): boolean;
  onOffer(offer: Offer): void;
  /** `carries`: something was seen to arrive on it. */
  onUsed(link: MediaLink, carries: boolean): void;
  onFailed(): void;
  onNegotiation(): void;
}

export class Links {
  /** Connections built beside another. */
  rebuilds = 0;
  building = false;

  readonly #config: LinksConfig;
  #servers: readonly IceServer[] = [];
  #used: MediaLink | null = null;
  #next: MediaLink | null = null;
  #leaving: MediaLink | null = null;
  /** Made and never offered: no port, no packet. */
  #spare: MediaLink | null = null;
  #prepared: Promise<void> = Promise.resolve();
  /** The next one's offer was said before anybody knew that we are in; it is in force once we are. */
  #early = false;
  #inForce: Promise<unknown> = Promise.resolve();
  /** Its relay is dead: sent nothing more, left as soon as another is answered. */
  #lost: MediaLink | null = null;
  #stopSwap: (() => void) | null = null;

  constructor(config: LinksConfig) {
    this.#config = config;
  }

  get used(): MediaLink | null {
    return this.#used;
  }

  get next(): MediaLink | null {
    return this.#next;
  }

  async send(source: Source): Promise<void> {
    const wanted = this.#config.wanted(source);
    const sending = [this.#used, this.#next, this.#leaving, this.#spare].filter((link) => link !== this.#lost);
    await Promise.all(sending.map((link) => link?.send(source, wanted)));
  }

  /** The first connection, made before anybody wants it. */
  prepare(): void {
    if (!this.#used && !this.#next && !this.#spare) this.#makeSpare();
  }

  /** Its offer, to be said behind the hello; null when there is none. */
  early(): Offer | null {
    const offer = (!this.#used && !this.#next && this.#spare?.written()) || null;
    if (!offer) return null;
    this.#next = this.#spare;
    this.#spare = null;
    this.#early = true;
    return offer;
  }

  /** That offer will not be answered. False when none was said, or it is in force already. */
  recall(): boolean {
    if (!this.#early) return false;
    this.#early = false;
    this.#spare = this.#next;
    this.#next = null;
    return true;
  }

  /** A connection beside the present one, or the first. `alive`: the present one still carries. */
  async build(alive = true): Promise<void> {
    if (!alive && this.#used) {
      this.#lost = this.#used;
      void this.#lost.hush();
    }
    if (this.building) return;
    this.building = true;
    if (this.#early && this.#next) return this.#enforce(this.#next);
    this.dropNext();
    const spare = this.#spare;
    const link = spare ?? this.#make();
    this.#spare = null;
    this.#next = link;
    if (this.#used) this.rebuilds += 1;
    try {
      await (spare ? this.#prepared : link.prepare(this.#tracks()));
      const offer = await link.offer();
      if (this.#next !== link) return;
      this.#config.onOffer(offer);
    } catch (error) {
      this.#offerFailed(error);
    } finally {
      this.building = false;
    }
  }

  /** We are in: what was offered early counts, and finds its ways by the servers that we know now. */
  async #enforce(link: MediaLink): Promise<void> {
    this.#early = false;
    try {
      if (this.#servers.length > 0 && !link.serve(this.#servers)) console.error("teleloire: no TURN");
      this.#inForce = link.offer();
      await this.#inForce;
    } catch (error) {
      this.#offerFailed(error);
    } finally {
      this.building = false;
    }
  }

  #offerFailed(error: unknown): void {
    console.error("teleloire: offer failed", error);
    this.#config.onFailed();
    this.dropNext();
  }

  /** The answer to the offer of the connection being built. */
  async answer(sdp: string): Promise<void> {
    const link = this.#next;
    if (!link || link.answered) return;
    await this.#inForce.catch(() => {});
    if (this.#next !== link) return;
    try {
      await link.answer(sdp);
    } catch (error) {
      console.error("teleloire: answer refused", error);
      this.#config.onFailed();
      return;
    }
    if (this.#next !== link) return;
    if (!this.#used || this.#used === this.#lost) this.#use(link);
    else this.#swapWhenSeen(link);
  }

  /** Of the connections made from now on; a spare that keeps those it was made with is made anew. */
  serve(servers: readonly IceServer[]): void {
    if (JSON.stringify(servers) === JSON.stringify(this.#servers)) return;
    this.#servers = servers;
    if (this.#spare?.serve(servers)) return;
    this.#dropSpare();
    if (this.#used) this.#spareSoon(this.#used);
  }

  dropNext(): void {
    this.#stopSwap?.();
    this.#stopSwap = null;
    this.#early = false;
    this.#next?.close();
    this.#next = null;
  }

  close(): void {
    this.dropNext();
    this.#dropSpare();
    this.#dropLeaving();
    this.#used?.close();
    this.#used = null;
  }

  #make(): MediaLink {
    return new MediaLink({
      make: () => this.#config.makePeer(this.#servers),
      layers: true,
      capabilities: this.#config.capabilities,
      onNegotiation: () => this.#config.onNegotiation(),
      onTrack: () => {},
    });
  }

  /** The old connection stays in use until the new one carries all that flows there; when nothing
   *  does, until one frame was decoded. */
  #swapWhenSeen(link: MediaLink): void {
    const began = this.#config.now();
    const old = this.#used;
    let first: LinkFacts | null = null;
    let looks = 0;
    this.#stopSwap = this.#config.timers.every(SWAP_LOOK_MS, async () => {
      if (this.#next !== link) return;
      const facts = await statistics(link);
      const before = old ? await statistics(old).catch(() => null) : null;
      if (this.#next !== link) return;
      first ??= before;
      looks += 1;
      const carried = first && before ? carries(first, before, facts) : "idle";
      const seen = [...facts.slots.values()].some((s) => s.framesDecoded > 0);
      const heard = facts.heard > 0 && !this.#config.expectsVideo();
      const ready = looks >= SWAP_LOOKS && (carried === "all" || (carried === "idle" && (seen || heard)));
      if (ready || this.#config.now() - began > SWAP_AT_MOST_MS) this.#use(link);
    });
  }

  #use(link: MediaLink): void {
    const old = this.#used;
    this.#stopSwap?.();
    this.#stopSwap = null;
    this.#next = null;
    this.#used = link;
    this.#config.onUsed(link, old !== this.#lost);
    for (const source of this.#config.sources()) void link.send(source, this.#config.wanted(source));
    this.#dropLeaving();
    this.#spareSoon(link);
    if (!old) return;
    this.#leaving = old;
    this.#config.timers.once(LINGER_MS, () => {
      if (this.#leaving === old) this.#dropLeaving();
    });
  }

  #spareSoon(link: MediaLink): void {
    this.#config.timers.once(SPARE_AFTER_MS, () => {
      if (this.#used === link && !this.#next && !this.#spare) this.#makeSpare();
    });
  }

  #makeSpare(): void {
    this.#spare = this.#make();
    this.#prepared = this.#spare.prepare(this.#tracks());
    this.#prepared.catch(() => this.#dropSpare());
  }

  #tracks(): Partial<Record<Source, MediaStreamTrack | null>> {
    return Object.fromEntries([...this.#config.sources()].map((source) => [source, this.#config.wanted(source)]));
  }

  #dropSpare(): void {
    this.#spare?.close();
    this.#spare = null;
  }

  #dropLeaving(): void {
    this.#leaving?.close();
    this.#leaving = null;
  }
}
