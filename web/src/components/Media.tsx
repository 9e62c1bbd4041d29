// Elements that play tracks: a muted video, a hidden audio, a level bar.
import type { Ref } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { meter } from "../media/level.ts";
import { text } from "../text/index.ts";
import "./Media.css";

interface VideoProps {
  track: MediaStreamTrack;
  mirrored?: boolean;
  label: string;
  whole?: boolean;
  onPlaying?: () => void;
  element?: Ref<HTMLVideoElement>;
}

/** A picture, and the last one of the track before until this one has its first. It stands still: that
    track may carry somebody else by now. */
export function Video({ track, element, ...look }: VideoProps) {
  const [shown, setShown] = useState(track);
  const tracks = shown === track ? [track] : [shown, track];
  return (
    <>
      {tracks.map((one) => (
        <Moving key={one.id} track={one} coming={one !== shown} still={one !== track} onPicture={() => setShown(one)} element={one === shown ? element : undefined} {...look} />
      ))}
    </>
  );
}

interface MovingProps extends VideoProps {
  coming: boolean;
  still: boolean;
  onPicture: () => void;
}

function Moving({ track, coming, still, onPicture, mirrored, label, whole, onPlaying, element }: MovingProps) {
  const own = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = own.current;
    if (typeof element === "function") element(video);
    else if (element) element.current = video;
  }, [element]);
  useEffect(() => {
    const video = own.current;
    if (!video) return;
    video.srcObject = new MediaStream([track]);
    // Set by hand: muted pictures may start without a gesture.
    video.muted = true;
    return () => {
      video.srcObject = null;
    };
  }, [track]);
  useEffect(() => {
    if (still) own.current?.pause();
    else void own.current?.play().catch(() => {});
  }, [track, still]);
  return (
    <video
      ref={own}
      class={`video ${mirrored ? "video-mirrored" : ""} ${whole ? "video-whole" : ""} ${coming ? "video-coming" : ""}`}
      aria-label={label}
      aria-hidden={coming}
      playsInline
      autoPlay
      muted
      onLoadedData={onPicture}
      onPlaying={onPlaying}
    />
  );
}

export function Audio({ track, sink, onBlocked }: { track: MediaStreamTrack; sink: string; onBlocked: () => void }) {
  const ref = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = ref.current;
    if (!audio) return;
    audio.srcObject = new MediaStream([track]);
    audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") onBlocked();
    });
    return () => {
      audio.srcObject = null;
    };
  }, [track]);
  useEffect(() => {
    const audio = ref.current as (HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }) | null;
    void audio?.setSinkId?.(sink).catch(() => {});
  }, [sink]);
  return <audio ref={ref} autoPlay />;
}

/** Loudness of a microphone; `onHeard` once something was clearly said. */
export function Level({ track, onHeard }: { track: MediaStreamTrack | null; onHeard?: () => void }) {
  const bar = useRef<HTMLSpanElement>(null);
  const [value, setValue] = useState(0);
  useEffect(() => {
    if (!track) return setValue(0);
    const m = meter(track);
    let frame = 0;
    let loud = 0;
    let said = 0;
    const draw = () => {
      const level = m.read();
      bar.current?.style.setProperty("width", `${Math.round(level * 100)}%`);
      loud = level > 0.35 ? loud + 1 : loud;
      if (loud > 12 && onHeard) {
        loud = -Infinity;
        onHeard();
      }
      const now = performance.now();
      if (now - said > 1000) {
        said = now;
        setValue(Math.round(level * 100));
      }
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      m.stop();
    };
  }, [track]);
  return (
    <div
      class="level"
      role="meter"
      aria-label={text().devices.level}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value}
    >
      <span ref={bar} />
    </div>
  );
}
