// One person, screen or instrument.
import { useEffect, useRef, useState } from "preact/hooks";
import type { LinkQuality, Seat, Source } from "../../call/messages.ts";
import type { Shown } from "../../call/view.ts";
import { Initials } from "../../components/Bits.tsx";
import { Button, IconButton } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Video } from "../../components/Media.tsx";
import { text } from "../../text/index.ts";
import { Quality } from "./Quality.tsx";
import { watchShown } from "./shown.ts";

interface Props {
  seat: Seat;
  source: Source;
  track: MediaStreamTrack | null;
  large: boolean;
  pinned: boolean;
  audioFirst: boolean;
  speaking: boolean;
  shooting: boolean;
  link: LinkQuality | null;
  /** Our own line is cut: what was last said of theirs no longer tells anything. */
  cut: boolean;
  onPhoto?: (video: HTMLVideoElement) => void;
  onPin?: () => void;
  onShown: (shown: Shown | null) => void;
}

export function Tile({ seat, source, track, large, pinned, audioFirst, speaking, shooting, link, cut, onPhoto, onPin, onShown }: Props) {
  const t = text();
  const video = useRef<HTMLVideoElement>(null);
  const root = useRef<HTMLElement>(null);
  const [awake, setAwake] = useState(false);
  const on = seat.media?.[source] === true && track !== null && !(audioFirst && source === "camera");
  useEffect(() => {
    setAwake(false);
  }, [on]);
  useEffect(() => {
    if (root.current) return watchShown(root.current, () => video.current, source !== "camera", onShown);
  }, [seat.participant, source]);
  const micOff = source === "camera" && (seat.media?.microphone === false || seat.muted.includes("microphone"));
  const name =
    source === "screen" ? t.call.screen_of(seat.name) : source === "instrument" ? t.call.instrument_of(seat.name) : seat.name;
  // A camera one has and does not show, while a side keeps the sound: nobody closed it.
  const forSound = audioFirst && source === "camera";
  const away = seat.state === "away";
  return (
    <article
      ref={root}
      class={`tile ${speaking ? "tile-speaking" : ""} ${away ? "tile-away" : ""}`}
      data-participant={seat.participant}
      data-source={source}
      data-awake={awake && on}
    >
      {on && track && (
        <Video
          track={track}
          label={name}
          whole={source !== "camera"}
          element={video}
          onPlaying={() => setAwake(true)}
        />
      )}
      {(!on || !awake) && (
        <span class="tile-none">
          <Initials name={seat.name} size={large ? "xl" : "l"} />
          <span class="tile-why">{away ? t.call.away : on ? t.call.waking : forSound ? t.call.no_video_for_sound : t.call.no_video}</span>
        </span>
      )}
      {away && on && awake && (
        <span class="tile-veil">
          <span class="spinner" aria-hidden="true" /> {t.call.away}
        </span>
      )}
      <div class="tile-foot">
        <span class="tile-name">
          {micOff && <Icon name="micro_off" size={18} />}
          {seat.hand && <Icon name="hand" size={18} />}
          <span class="tile-who">{name}</span>
          {micOff && <span class="visually-hidden">, {t.call.muted}</span>}
          {seat.hand && <span class="visually-hidden">, {t.call.hand}</span>}
          {speaking && <span class="visually-hidden">, {t.call.speaking}</span>}
        </span>
        {source === "camera" && !cut && <Quality grade={away ? "lost" : (seat.quality ?? link?.grade ?? null)} link={link} />}
      </div>
      <div class="tile-tools">
        {onPhoto && on && awake && (
          <Button
            size="s"
            icon="photo"
            aria-label={shooting ? t.call.photo_sending : `${t.call.photo}, ${t.call.photo_of(name)}`}
            disabled={shooting}
            onClick={() => video.current && onPhoto(video.current)}
          >
            {t.call.photo}
          </Button>
        )}
        {onPin && <IconButton icon={pinned ? "full_off" : "full"} label={t.call.swap(name)} aria-pressed={pinned} onClick={onPin} />}
      </div>
    </article>
  );
}
