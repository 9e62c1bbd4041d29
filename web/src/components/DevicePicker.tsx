// Choosing camera, microphone and loudspeaker.
import { useEffect, useState } from "preact/hooks";
import { devices, nameOf, picked, refreshDevices, watchDevices } from "../media/devices.ts";
import { text } from "../text/index.ts";
import { SelectField } from "./Field.tsx";

interface Props {
  camera: string;
  microphone: string;
  onCamera: (id: string) => void;
  onMicrophone: (id: string) => void;
  onSpeaker?: (id: string) => void;
}

export function DevicePicker({ camera, microphone, onCamera, onMicrophone, onSpeaker }: Props) {
  const t = text();
  const [speaker, setSpeaker] = useState(picked.speaker);
  useEffect(() => {
    void refreshDevices();
    return watchDevices();
  }, []);
  const list = devices.value;
  // Some browsers list a loudspeaker without saying which: nothing to choose.
  const speakers = list.speakers.filter((d) => d.deviceId !== "");
  const options = (all: MediaDeviceInfo[]) => all.map((d, i) => ({ value: d.deviceId, label: nameOf(d, i) }));
  // Both fields stand from the start: nothing below them moves under a finger once devices are known.
  const orNone = (all: MediaDeviceInfo[]) => (all.length > 0 ? options(all) : [{ value: "", label: t.devices.no_device }]);
  return (
    <div class="stack">
      <SelectField label={t.call.camera} value={camera} onValue={onCamera} options={orNone(list.cameras)} />
      <SelectField label={t.call.microphone} value={microphone} onValue={onMicrophone} options={orNone(list.microphones)} />
      {onSpeaker && speakers.length > 0 && "setSinkId" in HTMLMediaElement.prototype && (
        <SelectField
          label={t.call.speaker}
          value={speakers.some((d) => d.deviceId === speaker) ? speaker : (speakers[0]?.deviceId ?? "")}
          onValue={(id) => {
            picked.speaker = id;
            setSpeaker(id);
            onSpeaker(id);
          }}
          options={options(speakers)}
        />
      )}
    </div>
  );
}

/** The device a live track comes from. */
export function deviceOf(track: MediaStreamTrack | null): string {
  return track?.getSettings().deviceId ?? "";
}
