// The professional's side of a call: a look in the mirror, the room, then
// the report.
import { useEffect, useMemo, useState } from "preact/hooks";
import { acts } from "../../api/calls.ts";
import { newCall } from "../../call/browser.ts";
import type { CallSession } from "../../call/session.ts";
import { useLoad, useTitle } from "../../app/hooks.ts";
import { keepAlive } from "../../app/session.ts";
import { navigate, place } from "../../app/router.ts";
import { Initials, Skeleton } from "../../components/Bits.tsx";
import { Button, IconButton, LinkButton } from "../../components/Button.tsx";
import { DevicePicker, deviceOf } from "../../components/DevicePicker.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Level, Video } from "../../components/Media.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { Refused } from "../../components/Refused.tsx";
import { text } from "../../text/index.ts";
import { watchDay } from "../day/watch.ts";
import { CallRoom } from "./CallRoom.tsx";
import { useLobby } from "./lobby.ts";
import { LocalMedia } from "./local.ts";
import "./CallPage.css";

export function CallPage({ id }: { id: string }) {
  const t = text();
  const load = useLoad(id, () => acts.get(id));
  const straight = place.value.query.has("entrer");
  const local = useMemo(() => new LocalMedia(), [id]);
  const [call, setCall] = useState<CallSession | null>(null);
  const [letIn, setLetIn] = useState(straight);
  useTitle(load.value ? t.call.title(load.value.patient.display_name) : "");

  const make = () => {
    const made: CallSession = newCall(async () => (await acts.join(id)).ticket, {
      early: true,
      onMuted: (_source, muted, by) => {
        if (!muted) return;
        local.setMicrophone(false);
        const name = made.roster.value.find((s) => s.participant === by)?.name ?? "";
        say(t.call.muted_by(name), "wait");
      },
    });
    return made;
  };
  const ready = useMemo(make, [id]);
  useLobby(call || straight ? null : ready);
  useEffect(() => () => ready.leave(), [ready]);

  const enter = () => {
    const made = call ? make() : ready;
    void local.attach(made);
    made.start();
    setCall(made);
  };

  useEffect(() => {
    void local.start().then(() => straight && enter());
    return () => local.stop();
  }, [local]);
  useEffect(() => () => void (call && call.phase.value !== "ended" && call.leave()), [call]);

  useEffect(() => keepAlive(() => call?.phase.value === "in"), [call]);
  // Before entering, the page learns by itself that the patient arrived.
  useEffect(() => (call ? undefined : watchDay(load.reload, () => {})), [call, id]);

  const act = load.value;
  if (!act) {
    return (
      <main class="lobby">
        {load.error ? <Failure error={load.error} onRetry={load.reload} /> : <Skeleton lines={2} />}
      </main>
    );
  }

  if (call && call.phase.value !== "ended") {
    return <CallRoom call={call} local={local} act={act} title={act.patient.display_name} letIn={letIn} onLetIn={() => setLetIn(false)} />;
  }
  if (call) {
    const why = call.why.value;
    if (why === "ended") return <Ended id={id} />;
    return (
      <main class="lobby">
        <div class="card stack lobby-card">
          <h1 tabIndex={-1}>{t.call.bye[why] ?? t.call.failed}</h1>
          <Failure error={call.failure.value} />
          <div class="row">
            {why !== "cancelled" && why !== "rescheduled" && (
              <Button
                tone="primary"
                icon="door"
                onClick={() => {
                  void local.start();
                  enter();
                }}
              >
                {t.call.rejoin}
              </Button>
            )}
            <LinkButton href={`/actes/${id}`}>{t.closing.see_act}</LinkButton>
            <LinkButton tone="quiet" href="/">
              {t.call.to_day}
            </LinkButton>
          </div>
        </div>
      </main>
    );
  }

  return (
    <main class="lobby">
      <div class="lobby-grid">
        <div class="lobby-mirror">
          {local.camera.value ? (
            <Video track={local.camera.value} mirrored label={t.call.you} />
          ) : (
            <span class="lobby-none">
              <Initials name={act.professional.display_name} size="l" />
              {local.asking.value ? t.app.loading : t.call.no_video}
            </span>
          )}
          <Switches local={local} />
        </div>
        <div class="card stack">
          <h1 tabIndex={-1}>{t.call.lobby_title}</h1>
          <p class={act.waiting_count > 0 ? "lobby-here" : "soft"}>
            {act.waiting_count > 0
              ? t.call.lobby_waiting(act.patient.display_name)
              : t.call.lobby_absent(act.patient.display_name)}
          </p>
          <Refused refusal={local.refusal.value} onRetry={() => void local.start()} />
          <div class="level-row">
            <Icon name={local.micOn.value ? "micro" : "micro_off"} />
            <Level track={local.microphone.value} />
          </div>
          <DevicePicker
            camera={deviceOf(local.camera.value)}
            microphone={deviceOf(local.microphone.value)}
            onCamera={(d) => void local.pickCamera(d)}
            onMicrophone={(d) => void local.pickMicrophone(d)}
          />
          <Button tone={act.waiting_count > 0 ? "wait" : "primary"} size="l" icon="door" onClick={enter}>
            {t.call.lobby_enter}
          </Button>
          <LinkButton tone="quiet" icon="left" href={`/actes/${id}`}>
            {t.app.back}
          </LinkButton>
        </div>
      </div>
    </main>
  );
}

function Switches({ local }: { local: LocalMedia }) {
  const t = text().call;
  const mic = local.microphone.value !== null && local.micOn.value;
  const camera = local.camera.value !== null;
  return (
    <div class="lobby-switches">
      <IconButton
        icon={mic ? "micro" : "micro_off"}
        label={mic ? t.microphone_off : t.microphone_on}
        onClick={() => void local.toggleMicrophone()}
      />
      <IconButton
        icon={camera ? "camera" : "camera_off"}
        label={camera ? t.camera_off : t.camera_on}
        onClick={() => void local.toggleCamera()}
      />
    </div>
  );
}

/** After "end": straight to the report, which the law asks for. */
function Ended({ id }: { id: string }) {
  const t = text();
  useEffect(() => void navigate(`/actes/${id}/cloture`, { replace: true }), []);
  return (
    <main class="lobby">
      <div class="card stack lobby-card">
        <h1 tabIndex={-1}>{t.call.bye.ended}</h1>
        <div>
          <LinkButton tone="primary" icon="pencil" href={`/actes/${id}/cloture`}>
            {t.call.write_report}
          </LinkButton>
        </div>
      </div>
    </main>
  );
}
