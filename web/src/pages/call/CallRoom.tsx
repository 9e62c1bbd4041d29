// The room itself, the same for doctor and patient: stage, controls, panels.
// What one may do comes from the server's list, not from the page.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Act } from "../../api/types.ts";
import type { CallSession } from "../../call/session.ts";
import { useAwake } from "../../app/awake.ts";
import { setGuard } from "../../app/router.ts";
import { useShortcuts } from "../../app/shortcuts.ts";
import { Progress } from "../../components/Shell.tsx";
import { Audio } from "../../components/Media.tsx";
import { Button } from "../../components/Button.tsx";
import { askToLeave } from "../../components/Leaving.tsx";
import { Keys } from "../../components/Keys.tsx";
import { say } from "../../components/Notice.tsx";
import { picked } from "../../media/devices.ts";
import { text } from "../../text/index.ts";
import { Banner } from "./Banner.tsx";
import { Chat } from "./Chat.tsx";
import { Controls, type Panel } from "./Controls.tsx";
import { DevicesDialog, InstrumentDialog, LeaveDialog } from "./CallDialogs.tsx";
import { IdentityCard } from "./IdentityCard.tsx";
import type { LocalMedia } from "./local.ts";
import { People } from "./People.tsx";
import { Stage } from "./Stage.tsx";
import "./CallRoom.css";

interface Props {
  call: CallSession;
  local: LocalMedia;
  title: string;
  /** Present for professionals: photos and invitations go to it. */
  act?: Act;
  /** "Faire entrer" was pressed on the day page: admit who waits on arrival. */
  letIn?: boolean;
  onLetIn?: () => void;
}

export type Asking = "leave" | "devices" | "instrument" | "keys" | null;

export function CallRoom({ call, local, title, act, letIn, onLetIn }: Props) {
  const t = text();
  const root = useRef<HTMLDivElement>(null);
  const [panel, setPanel] = useState<Panel>(null);
  const [asking, setAsking] = useState<Asking>(null);
  const [sink, setSink] = useState(picked.speaker);
  const [blocked, setBlocked] = useState(false);
  const [full, setFull] = useState(false);
  const [read, setRead] = useState(0);
  const inCall = call.phase.value === "in";
  const host = call.may("admit");
  const waiting = call.roster.value.filter((s) => s.state === "waiting" && s.participant !== call.you.value?.participant);
  const chatCount = call.chat.value.length;
  const unread = panel === "chat" ? 0 : Math.max(0, chatCount - read);

  useEffect(() => {
    if (panel === "chat") setRead(chatCount);
  }, [panel, chatCount]);
  useEffect(() => {
    const changed = () => call.networkChanged();
    // Wi-Fi became 4G, say. Only some engines tell; their event also comes for mere estimates.
    const connection = (navigator as Navigator & { connection?: EventTarget & { type?: string } }).connection;
    let type = connection?.type;
    const connectionChanged = () => {
      if (connection?.type === type) return;
      type = connection?.type;
      if (type !== "none") changed();
    };
    const screen = () => setFull(document.fullscreenElement !== null);
    window.addEventListener("online", changed);
    connection?.addEventListener("change", connectionChanged);
    document.addEventListener("fullscreenchange", screen);
    return () => {
      window.removeEventListener("online", changed);
      connection?.removeEventListener("change", connectionChanged);
      document.removeEventListener("fullscreenchange", screen);
    };
  }, [call]);

  useEffect(() => {
    const seen = () => call.hide(document.hidden);
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [call]);

  // One press of "Faire entrer" both enters and admits the patient.
  useEffect(() => {
    if (!letIn || !inCall || !host) return;
    const patient = waiting.find((s) => s.role === "patient");
    if (!patient) return;
    call.admit(patient.participant);
    onLetIn?.();
  }, [letIn, inCall, host, waiting.length]);

  // Who leaves while others stay is said; alone again, the stage says it.
  const present = useRef(new Map<string, string>());
  useEffect(() => {
    const now = new Map(
      call.roster.value
        .filter((s) => s.participant !== call.you.value?.participant && (s.state === "in" || s.state === "away"))
        .map((s) => [s.participant, s.name]),
    );
    for (const [participant, name] of present.current) {
      if (!now.has(participant) && now.size > 0 && inCall) say(t.call.gone(name), "wait");
    }
    present.current = now;
  }, [call.roster.value]);

  useAwake();
  // In the room, the back button asks first; the person may have meant it or not.
  useEffect(() => {
    const t = text().call;
    setGuard(() => askToLeave({ title: t.leave_title, leave: t.leave, stay: t.leave_stay }), { unload: false });
    return () => setGuard(null);
  }, []);

  const toggleFull = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void document.documentElement.requestFullscreen?.().catch(() => {});
  };
  const leave = () => (call.may("end") ? setAsking("leave") : call.leave());
  useShortcuts({
    m: () => void local.toggleMicrophone(),
    c: () => void local.toggleCamera(),
    d: () => setPanel(panel === "chat" ? null : "chat"),
    e: () => void local.toggleScreen(),
    f: toggleFull,
    "?": () => setAsking("keys"),
  });

  const audioSlots = call.slotRound.value >= 0 ? [...call.tracks.value].filter(([, track]) => track.kind === "audio") : [];
  return (
    <div class={`room ${panel ? "room-panel" : ""}`} ref={root}>
      <Progress />
      <main class="room-main" tabIndex={-1} id="contenu">
        <h1 class="visually-hidden" tabIndex={-1}>
          {t.call.title(title)}
        </h1>
        <Banner call={call} local={local} listed={panel === "people"} />
        <Stage call={call} local={local} act={act} expected={title}>
          {act && <IdentityCard call={call} act={act} />}
        </Stage>
        <Controls
          call={call}
          local={local}
          panel={panel}
          onPanel={setPanel}
          unread={unread}
          waiting={host ? waiting.length : 0}
          full={full}
          onFull={toggleFull}
          onAsk={setAsking}
          onLeave={leave}
        />
      </main>
      {panel === "people" && <People call={call} act={act} onClose={() => setPanel(null)} />}
      {panel === "chat" && <Chat call={call} onClose={() => setPanel(null)} />}
      <div hidden>
        {audioSlots.map(([mid, track]) => (
          <Audio key={`${mid}-${track.id}`} track={track} sink={sink} onBlocked={() => setBlocked(true)} />
        ))}
      </div>
      {blocked && (
        <div class="room-sound" role="alert">
          <p>{t.call.sound_blocked}</p>
          <Button
            tone="wait"
            icon="speaker"
            onClick={() => {
              for (const audio of root.current?.querySelectorAll("audio") ?? []) void audio.play().catch(() => {});
              setBlocked(false);
            }}
          >
            {t.call.sound_allow}
          </Button>
        </div>
      )}
      {asking === "leave" && <LeaveDialog call={call} onClose={() => setAsking(null)} />}
      {asking === "devices" && <DevicesDialog local={local} onSpeaker={setSink} onClose={() => setAsking(null)} />}
      {asking === "instrument" && <InstrumentDialog local={local} onClose={() => setAsking(null)} />}
      {asking === "keys" && <Keys onClose={() => setAsking(null)} />}
    </div>
  );
}
