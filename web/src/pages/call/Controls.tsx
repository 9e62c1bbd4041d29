// The bar under the stage. Each has its word under its icon, but on the narrowest screens.
import { useEffect, useState } from "preact/hooks";
import type { CallSession } from "../../call/session.ts";
import { Icon, type IconName } from "../../components/Icon.tsx";
import { Menu, type MenuItem } from "../../components/Menu.tsx";
import { canShareScreen } from "../../media/devices.ts";
import { format, text } from "../../text/index.ts";
import type { Asking } from "./CallRoom.tsx";
import type { LocalMedia } from "./local.ts";

export type Panel = "people" | "chat" | null;

interface Props {
  call: CallSession;
  local: LocalMedia;
  panel: Panel;
  onPanel: (panel: Panel) => void;
  unread: number;
  waiting: number;
  full: boolean;
  onFull: () => void;
  onAsk: (asking: Asking) => void;
  onLeave: () => void;
}

interface ControlProps {
  icon: IconName;
  label: string;
  word: string;
  onClick: () => void;
  off?: boolean;
  on?: boolean;
  badge?: number;
  badgeLabel?: string;
  danger?: boolean;
  wide?: boolean;
}

function Control({ icon, label, word, onClick, off, on, badge, badgeLabel, danger, wide }: ControlProps) {
  return (
    <button
      type="button"
      class={`control ${off ? "control-off" : ""} ${on ? "control-on" : ""} ${danger ? "control-danger" : ""} ${wide ? "control-wide" : ""}`}
      aria-label={badge && badgeLabel ? `${label}, ${badgeLabel}` : label}
      aria-pressed={on ?? undefined}
      title={label}
      onClick={onClick}
    >
      <span class="control-face" data-badge={badge || undefined}>
        <Icon name={icon} size={24} />
      </span>
      <span class="control-word">
        {word}
      </span>
    </button>
  );
}

export function Controls({ call, local, panel, onPanel, unread, waiting, full, onFull, onAsk, onLeave }: Props) {
  const t = text().call;
  const you = call.you.value;
  const seat = call.roster.value.find((s) => s.participant === you?.participant);
  const mic = local.microphone.value !== null && local.micOn.value;
  const camera = local.camera.value !== null;
  const raised = seat?.hand ?? false;
  const items: MenuItem[] = [
    { label: t.devices, icon: "settings", act: () => onAsk("devices") },
    call.audioFirst.value
      ? { label: t.audio_first_off, icon: "camera", act: () => void call.setAudioFirst(false) }
      : { label: t.audio_first_on, icon: "ear", act: () => void call.setAudioFirst(true) },
    local.instrument.value
      ? { label: t.instrument_off, icon: "instrument", act: () => void local.setInstrument(null) }
      : { label: t.instrument_on, icon: "instrument", act: () => onAsk("instrument") },
    { label: raised ? t.lower : t.raise, icon: "hand", act: () => call.raise(!raised) },
    { label: full ? t.full_off : t.full, icon: full ? "full_off" : "full", act: onFull },
    { label: text().keys.title, icon: "keyboard", act: () => onAsk("keys") },
  ];
  return (
    <div class="controls" role="toolbar" aria-label={t.controls}>
      <Elapsed running={call.phase.value === "in"} />
      <div class="controls-main">
        <Control
          icon={mic ? "micro" : "micro_off"}
          label={`${mic ? t.microphone_off : t.microphone_on} (M)`}
          word={t.microphone}
          off={!mic}
          onClick={() => void local.toggleMicrophone()}
        />
        <Control
          icon={camera ? "camera" : "camera_off"}
          label={`${camera ? t.camera_off : t.camera_on} (C)`}
          word={t.camera}
          off={!camera}
          onClick={() => void local.toggleCamera()}
        />
        {canShareScreen() && (
          <Control
            icon="screen"
            label={local.screen.value ? t.screen_off : t.screen_on}
            word={local.screen.value ? t.screen_off : t.screen_on}
            on={local.screen.value !== null}
            wide
            onClick={() => void local.toggleScreen()}
          />
        )}
        <Control
          icon="chat"
          label={t.chat}
          word={t.chat}
          on={panel === "chat"}
          badge={unread}
          badgeLabel={t.chat_unread(unread)}
          onClick={() => onPanel(panel === "chat" ? null : "chat")}
        />
        <Control
          icon="people"
          label={t.people}
          word={t.people}
          on={panel === "people"}
          badge={waiting}
          badgeLabel={t.waiting_count(waiting)}
          onClick={() => onPanel(panel === "people" ? null : "people")}
        />
        <div class="control">
          <Menu label={text().app.more} items={items} />
          <span class="control-word" aria-hidden="true">
            {t.more}
          </span>
        </div>
        <Control icon="leave" label={t.leave} word={t.leave} danger onClick={onLeave} />
      </div>
    </div>
  );
}

function Elapsed({ running }: { running: boolean }) {
  const [since] = useState(() => Date.now());
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((Date.now() - since) / 1000), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="elapsed" role="timer" aria-label={text().call.elapsed} hidden={!running}>
      {format().duration(seconds)}
    </p>
  );
}
