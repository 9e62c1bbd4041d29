// The questions a call asks: leave or end, which devices, which instrument.
import { useEffect, useState } from "preact/hooks";
import type { CallSession } from "../../call/session.ts";
import { Button } from "../../components/Button.tsx";
import { DevicePicker, deviceOf } from "../../components/DevicePicker.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { SelectField } from "../../components/Field.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Level } from "../../components/Media.tsx";
import { Notice } from "../../components/Notice.tsx";
import { devices, nameOf, refreshDevices } from "../../media/devices.ts";
import { text } from "../../text/index.ts";
import type { LocalMedia } from "./local.ts";

export function LeaveDialog({ call, onClose }: { call: CallSession; onClose: () => void }) {
  const t = text().call;
  return (
    <Dialog title={t.end_title} onClose={onClose}>
      <p>{t.end_text}</p>
      <p class="soft small">
        {t.leave_only}
      </p>
      <DialogActions>
        <Button tone="quiet" onClick={onClose}>
          {text().app.cancel}
        </Button>
        <Button icon="out" onClick={() => call.leave()}>
          {t.leave}
        </Button>
        <Button tone="danger" icon="leave" onClick={() => call.end()}>
          {t.end}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

export function DevicesDialog({
  local,
  onSpeaker,
  onClose,
}: {
  local: LocalMedia;
  onSpeaker: (id: string) => void;
  onClose: () => void;
}) {
  return (
    <Dialog title={text().call.devices} onClose={onClose}>
      <div class="level-row">
        <Icon name="micro" />
        <Level track={local.microphone.value} />
      </div>
      <DevicePicker
        camera={deviceOf(local.camera.value)}
        microphone={deviceOf(local.microphone.value)}
        onCamera={(id) => void local.pickCamera(id)}
        onMicrophone={(id) => void local.pickMicrophone(id)}
        onSpeaker={onSpeaker}
      />
      <DialogActions>
        <Button tone="primary" onClick={onClose}>
          {text().app.close}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

export function InstrumentDialog({ local, onClose }: { local: LocalMedia; onClose: () => void }) {
  const t = text();
  const used = deviceOf(local.camera.value);
  useEffect(() => void refreshDevices(), []);
  // The camera in use already shows; one more is asked for.
  const cameras = devices.value.cameras.filter((c) => c.deviceId !== used);
  const [chosen, setChosen] = useState("");
  const id = chosen || (cameras[0]?.deviceId ?? "");
  return (
    <Dialog title={t.call.instrument_on} onClose={onClose}>
      <p>{t.call.instrument_pick}</p>
      {cameras.length > 0 ? (
        <SelectField
          label={t.call.camera}
          value={id}
          onValue={setChosen}
          options={cameras.map((c, i) => ({ value: c.deviceId, label: nameOf(c, i) }))}
        />
      ) : (
        <Notice tone="wait">{t.devices.no_other}</Notice>
      )}
      <DialogActions>
        <Button tone="quiet" onClick={onClose}>
          {t.app.cancel}
        </Button>
        <Button
          tone="primary"
          disabled={!id}
          onClick={() => {
            void local.setInstrument(id);
            onClose();
          }}
        >
          {t.call.instrument_on}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
