// Tiles: shared screens and instruments large, people around, oneself small.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { acts } from "../../api/calls.ts";
import type { Act } from "../../api/types.ts";
import type { CallSession } from "../../call/session.ts";
import type { Seat, Source } from "../../call/messages.ts";
import { Initials } from "../../components/Bits.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Video } from "../../components/Media.tsx";
import { explain } from "../../app/hooks.ts";
import { say } from "../../components/Notice.tsx";
import { takePhoto } from "../../media/photo.ts";
import { fileStamp } from "../../text/format.ts";
import { format, text } from "../../text/index.ts";
import type { LocalMedia } from "./local.ts";
import { Tile } from "./Tile.tsx";
import "./Stage.css";

interface Shown {
  key: string;
  seat: Seat;
  source: Source;
  track: MediaStreamTrack | null;
}

function trackOf(call: CallSession, participant: string, source: Source): MediaStreamTrack | null {
  const mid = call.slots.find(participant, source);
  return mid === null ? null : (call.tracks.value.get(mid) ?? null);
}

export function Stage({
  call,
  local,
  act,
  expected,
  children,
}: {
  call: CallSession;
  local: LocalMedia;
  act?: Act;
  expected?: string;
  children?: ComponentChildren;
}) {
  const t = text();
  const [pinned, setPinned] = useState<string | null>(null);
  const [shooting, setShooting] = useState<string | null>(null);
  void call.slotRound.value; // Drawn again each time the slots change.
  const me = call.you.value?.participant;
  const others = call.roster.value
    .filter((s) => s.participant !== me && (s.state === "in" || s.state === "away"))
    .sort((a, b) => a.seat - b.seat);

  // Alone again: say who left, by the name they had.
  const lastHere = useRef("");
  if (others.length > 0) lastHere.current = format().list(others.map((o) => o.name));
  const left = lastHere.current;

  const shown: Shown[] = [];
  for (const seat of others) {
    for (const source of ["screen", "instrument"] as const) {
      const track = trackOf(call, seat.participant, source);
      if (track && seat.media?.[source] !== false) shown.push({ key: `${seat.participant}-${source}`, seat, source, track });
    }
  }
  for (const seat of others) {
    shown.push({ key: seat.participant, seat, source: "camera", track: trackOf(call, seat.participant, "camera") });
  }
  const big = shown.find((s) => s.key === pinned) ?? shown.find((s) => s.source !== "camera") ?? null;

  const photo = async (s: Shown, video: HTMLVideoElement) => {
    if (!act || shooting) return;
    setShooting(s.key);
    try {
      const blob = await takePhoto(video);
      const stamp = fileStamp(Date.now());
      await acts.addDocument(act.id, "photo", blob, `photo-${stamp}.jpg`);
      say(t.call.photo_done);
    } catch (error) {
      say(explain(error), "bad");
    } finally {
      setShooting(null);
    }
  };

  const pin = (s: Shown) => {
    const next = big?.key === s.key && pinned ? null : s.key;
    setPinned(next);
    const first = next ? [s.seat.participant] : [];
    call.order([...first, ...others.map((o) => o.participant).filter((p) => p !== s.seat.participant)]);
  };

  const tile = (s: Shown, large: boolean) => (
    <Tile
      key={s.key}
      seat={s.seat}
      source={s.source}
      track={s.track}
      large={large}
      pinned={big?.key === s.key}
      audioFirst={call.audioFirst.value}
      speaking={s.source === "camera" && call.speaker.value === s.seat.participant}
      link={call.links.value.find((l) => l.participant === s.seat.participant) ?? null}
      cut={call.line.value === "reconnecting"}
      shooting={shooting === s.key}
      onPhoto={act && (large || !big) ? (video) => void photo(s, video) : undefined}
      onShown={(size) => call.show(s.seat.participant, s.source, size)}
      onPin={shown.length > 1 ? () => pin(s) : undefined}
    />
  );

  const alone = others.length === 0;
  const host = call.may("admit");
  const rest = big ? shown.filter((s) => s !== big) : shown;
  // With one other, oneself floats in a corner; with more, one sits among them.
  const seated = big ? rest.length > 0 : rest.length > 1;
  const own = seated ? [<Self key="self" call={call} local={local} look="self-seated" />] : [];
  if (seated && local.instrument.value) {
    own.push(<OwnInstrument key="own-instrument" track={local.instrument.value} look="self-seated" />);
  }
  return (
    <div class="stage">
      <div class={`field-of-view ${big ? "stage-big" : ""} ${alone ? "stage-alone" : ""} ${seated ? "" : "stage-pair"}`} data-count={rest.length}>
      {alone && call.phase.value === "in" && (
        <div class="stage-empty">
          <p class="stage-title">{left ? t.call.gone(left) : expected ? t.call.expected(expected) : t.call.alone}</p>
          <p>{left ? (host ? t.call.gone_text : t.call.gone_text_guest) : host ? t.call.alone_text : t.call.alone_text_guest}</p>
        </div>
      )}
      {big && <div class="stage-main">{tile(big, true)}</div>}
      {rest.length > 0 && (
        <div class={`tiles tiles-${Math.min(rest.length + own.length, 9)}`}>
          {big && own}
          {rest.map((s) => tile(s, !big))}
          {!big && own}
        </div>
      )}
      {!seated && <Self call={call} local={local} look="" />}
      {!seated && local.instrument.value && <OwnInstrument track={local.instrument.value} look="self-second" />}
      </div>
      {children}
    </div>
  );
}

function OwnInstrument({ track, look }: { track: MediaStreamTrack; look: string }) {
  const t = text().call;
  const name = t.instrument_of(t.you);
  return (
    <div class={`self ${look}`}>
      <Video track={track} label={name} whole />
      <span class="tile-name">{name}</span>
    </div>
  );
}

function Self({ call, local, look }: { call: CallSession; local: LocalMedia; look: string }) {
  const t = text().call;
  const me = call.you.value;
  const speaking = me !== null && call.speaker.value === me.participant;
  const muted = !local.micOn.value || local.microphone.value === null;
  return (
    <div class={`self ${look} ${speaking ? "tile-speaking" : ""}`}>
      {local.camera.value && !call.audioFirst.value ? (
        <Video track={local.camera.value} mirrored label={t.you} />
      ) : (
        <span class="tile-none">
          <Initials name={me?.name ?? t.you} size="l" />
        </span>
      )}
      <span class="tile-name">
        {muted && <Icon name="micro_off" size={16} />} {t.you}
      </span>
    </div>
  );
}
