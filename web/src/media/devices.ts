// Cameras and microphones: asking, naming, and why it failed in our words.
import { signal } from "@preact/signals";
import { text } from "../text/index.ts";

export type Refusal = "denied" | "none" | "busy" | "insecure";

export interface DeviceList {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

export const devices = signal<DeviceList>({ cameras: [], microphones: [], speakers: [] });

/** What was picked on this page; never written to the machine. */
export const picked = { camera: "", microphone: "", speaker: "" };

export async function refreshDevices(): Promise<void> {
  if (!navigator.mediaDevices) return;
  const all = await navigator.mediaDevices.enumerateDevices();
  devices.value = {
    cameras: all.filter((d) => d.kind === "videoinput"),
    microphones: all.filter((d) => d.kind === "audioinput"),
    speakers: all.filter((d) => d.kind === "audiooutput"),
  };
}

export function watchDevices(): () => void {
  const look = () => void refreshDevices();
  navigator.mediaDevices?.addEventListener("devicechange", look);
  return () => navigator.mediaDevices?.removeEventListener("devicechange", look);
}

export function nameOf(device: MediaDeviceInfo, index: number): string {
  if (device.label) return device.label;
  const t = text().devices;
  const n = index + 1;
  return device.kind === "videoinput" ? t.camera_n(n) : device.kind === "audioinput" ? t.microphone_n(n) : t.speaker_n(n);
}

export function whyRefused(error: unknown): Refusal {
  if (!navigator.mediaDevices) return "insecure";
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "none";
}

function video(deviceId: string): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 25, max: 30 },
    ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" }),
  };
}

function audio(deviceId: string): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  };
}

async function ask(constraints: MediaStreamConstraints): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  await refreshDevices();
  return stream;
}

/** Camera and microphone in one question; the half that exists, if one is missing. */
export async function askBoth(): Promise<{ tracks: MediaStreamTrack[]; refusal: Refusal | null }> {
  try {
    const stream = await ask({ video: video(picked.camera), audio: audio(picked.microphone) });
    return { tracks: stream.getTracks(), refusal: null };
  } catch (error) {
    const refusal = whyRefused(error);
    if (refusal === "denied" || refusal === "insecure") return { tracks: [], refusal };
    for (const only of [{ audio: audio("") }, { video: video("") }]) {
      try {
        return { tracks: (await ask(only)).getTracks(), refusal };
      } catch {
        // The next half, then nothing.
      }
    }
    return { tracks: [], refusal };
  }
}

export async function askCamera(deviceId = picked.camera): Promise<MediaStreamTrack> {
  const track = (await ask({ video: video(deviceId) })).getVideoTracks()[0];
  if (!track) throw new DOMException("", "NotFoundError");
  return track;
}

export async function askMicrophone(deviceId = picked.microphone): Promise<MediaStreamTrack> {
  const track = (await ask({ audio: audio(deviceId) })).getAudioTracks()[0];
  if (!track) throw new DOMException("", "NotFoundError");
  return track;
}

/** An instrument is shown as it is: no face framing, the best detail. */
export async function askInstrument(deviceId: string): Promise<MediaStreamTrack> {
  const track = (
    await ask({ video: { deviceId: { exact: deviceId }, width: { ideal: 1920 }, height: { ideal: 1080 } } })
  ).getVideoTracks()[0];
  if (!track) throw new DOMException("", "NotFoundError");
  track.contentHint = "detail";
  return track;
}

export async function askScreen(): Promise<MediaStreamTrack | null> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
    const track = stream.getVideoTracks()[0] ?? null;
    if (track) track.contentHint = "detail";
    return track;
  } catch {
    return null; // The person closed the picker.
  }
}

export const canShareScreen = () => Boolean(navigator.mediaDevices?.getDisplayMedia);
