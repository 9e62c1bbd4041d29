// The equipment test, one question at a time, then the network against the
// real relay. Everything may be skipped, after a warning.
import { useEffect, useRef, useState } from "preact/hooks";
import { visit as api } from "../../api/calls.ts";
import { capabilities, clientName, makePeer, openSocket } from "../../call/browser.ts";
import { allGood, EquipmentTest, type Step, type Verdict } from "../../call/equipment.ts";
import { Button } from "../../components/Button.tsx";
import { deviceOf } from "../../components/DevicePicker.tsx";
import { SelectField } from "../../components/Field.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Level, Video } from "../../components/Media.tsx";
import { Notice } from "../../components/Notice.tsx";
import { Refused } from "../../components/Refused.tsx";
import { devices, nameOf } from "../../media/devices.ts";
import { playTune } from "../../media/level.ts";
import { format, language, text } from "../../text/index.ts";
import type { LocalMedia } from "../call/local.ts";
import { VisitFrame } from "./VisitFrame.tsx";

type Part = "intro" | "camera" | "micro" | "speaker" | "network" | "result" | "failed";

export function TestStep({ local, onDone }: { local: LocalMedia; onDone: () => void }) {
  const t = text();
  const v = t.visit;
  const [part, setPart] = useState<Part>("intro");
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [skipping, setSkipping] = useState(false);
  const heading = useRef<HTMLDivElement>(null);
  useEffect(() => {
    setSkipping(false);
    if (part !== "intro") heading.current?.querySelector("h1")?.focus();
  }, [part]);

  const next: Record<Part, Part> = {
    intro: "camera",
    camera: "micro",
    micro: "speaker",
    speaker: "network",
    network: "result",
    result: "result",
    failed: "network",
  };
  const go = () => setPart(next[part]);
  const skip = (
    <div class="visit-skip">
      {skipping ? (
        <Notice tone="wait">
          <p>{v.test_skip_warn}</p>
          <Button onClick={onDone}>{v.test_skip_sure}</Button>
        </Notice>
      ) : (
        <Button tone="quiet" onClick={() => setSkipping(true)}>
          {v.test_skip}
        </Button>
      )}
    </div>
  );

  return (
    <VisitFrame step={2} icon={part === "intro" ? "camera" : undefined}>
      <div class="visit-part" ref={heading}>
        {part === "intro" && (
          <>
            <h1 tabIndex={-1}>{v.test_title}</h1>
            <p class="visit-lead">{v.test_intro}</p>
            <Button
              tone="primary"
              size="l"
              busy={local.asking.value}
              onClick={() => void local.start().then(() => setPart("camera"))}
            >
              {v.test_start}
            </Button>
            {skip}
          </>
        )}
        {part === "camera" && <CameraPart local={local} onDone={go} skip={skip} />}
        {part === "micro" && <MicroPart local={local} onDone={go} skip={skip} />}
        {part === "speaker" && <SpeakerPart onDone={go} skip={skip} />}
        {part === "network" && (
          <NetworkPart
            local={local}
            onVerdict={(result) => {
              setVerdict(result);
              setPart("result");
            }}
            onFailure={() => setPart("failed")}
            skip={skip}
          />
        )}
        {part === "failed" && (
          <>
            <h1 tabIndex={-1}>{v.network_failed}</h1>
            <p class="visit-lead">{v.network_failed_text}</p>
            <Button tone="primary" size="l" icon="refresh" onClick={() => setPart("network")}>
              {v.result_again}
            </Button>
            <Button size="l" onClick={onDone}>
              {v.result_continue}
            </Button>
          </>
        )}
        {part === "result" && verdict && <Result verdict={verdict} onAgain={() => setPart("camera")} onDone={onDone} />}
      </div>
    </VisitFrame>
  );
}

interface PartProps {
  local: LocalMedia;
  onDone: () => void;
  skip: preact.ComponentChild;
}

function CameraPart({ local, onDone, skip }: PartProps) {
  const t = text();
  const cameras = devices.value.cameras;
  return (
    <>
      <h1 tabIndex={-1}>{t.visit.camera_title}</h1>
      <div class="visit-mirror">
        {local.camera.value ? (
          <Video track={local.camera.value} mirrored label={t.call.you} />
        ) : (
          <span class="lobby-none">
            <Icon name="camera_off" size={40} /> {t.call.no_video}
          </span>
        )}
      </div>
      <Refused refusal={local.refusal.value} onRetry={() => void local.start()} />
      {cameras.length > 1 && (
        <SelectField
          label={t.visit.camera_pick}
          value={deviceOf(local.camera.value)}
          onValue={(id) => void local.pickCamera(id)}
          options={cameras.map((c, i) => ({ value: c.deviceId, label: nameOf(c, i) }))}
        />
      )}
      <Button tone="primary" size="l" icon={local.camera.value ? "check" : "right"} onClick={onDone}>
        {local.camera.value ? t.visit.camera_ok : t.visit.result_continue}
      </Button>
      {skip}
    </>
  );
}

function MicroPart({ local, onDone, skip }: PartProps) {
  const t = text();
  const [heard, setHeard] = useState(false);
  const microphones = devices.value.microphones;
  return (
    <>
      <h1 tabIndex={-1}>{t.visit.micro_title}</h1>
      <div class="visit-level">
        <Icon name="micro" size={32} />
        <Level track={local.microphone.value} onHeard={() => setHeard(true)} />
      </div>
      <p class={`visit-lead ${heard ? "visit-good" : ""}`} role="status">
        {heard ? t.visit.micro_heard : t.visit.micro_silent}
      </p>
      {microphones.length > 1 && (
        <SelectField
          label={t.visit.micro_pick}
          value={deviceOf(local.microphone.value)}
          onValue={(id) => void local.pickMicrophone(id)}
          options={microphones.map((m, i) => ({ value: m.deviceId, label: nameOf(m, i) }))}
        />
      )}
      <Button tone={heard ? "primary" : "plain"} size="l" icon={heard ? "check" : "right"} onClick={onDone}>
        {heard ? t.visit.micro_ok : t.visit.result_continue}
      </Button>
      {skip}
    </>
  );
}

function SpeakerPart({ onDone, skip }: Omit<PartProps, "local">) {
  const t = text().visit;
  const [playing, setPlaying] = useState(false);
  const [played, setPlayed] = useState(false);
  const [help, setHelp] = useState(false);
  const play = async () => {
    setPlaying(true);
    try {
      await playTune();
    } finally {
      setPlaying(false);
      setPlayed(true);
    }
  };
  return (
    <>
      <h1 tabIndex={-1}>{t.speaker_title}</h1>
      <Button tone={played ? "plain" : "primary"} size="l" icon="play" busy={playing} onClick={() => void play()}>
        {playing ? t.speaker_playing : t.speaker_play}
      </Button>
      {played && (
        <Button tone="primary" size="l" icon="check" onClick={onDone}>
          {t.speaker_ok}
        </Button>
      )}
      {played && (
        <Button size="l" onClick={() => setHelp(true)}>
          {t.speaker_no}
        </Button>
      )}
      {help && <Notice tone="wait">{t.speaker_help}</Notice>}
      {help && (
        <Button tone="quiet" onClick={onDone}>
          {t.result_continue}
        </Button>
      )}
      {!help && skip}
    </>
  );
}

function NetworkPart({
  local,
  onVerdict,
  onFailure,
  skip,
}: {
  local: LocalMedia;
  onVerdict: (verdict: Verdict) => void;
  onFailure: () => void;
  skip: preact.ComponentChild;
}) {
  const t = text().visit;
  const [step, setStep] = useState<Step>("connecting");
  useEffect(() => {
    const test = new EquipmentTest({
      openSocket,
      ticket: async () => (await api.test()).ticket,
      makePeer,
      capabilities: capabilities(),
      language: language.value,
      client: clientName(),
      microphone: local.microphone.value,
      camera: local.camera.value,
      after: (ms, act) => {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      },
      onStep: setStep,
      onVerdict,
      onFailure,
    });
    test.start();
    return () => test.stop();
  }, []);
  const order: Step[] = ["connecting", "up", "down", "judging"];
  const at = order.indexOf(step);
  const lines: [Step, string][] = [
    ["up", t.network_up],
    ["down", t.network_down],
    ["judging", t.network_judge],
  ];
  return (
    <>
      <h1 tabIndex={-1}>{t.network_title}</h1>
      <p class="visit-lead">{t.network_wait}</p>
      <div class={`visit-progress visit-progress-${step}`} role="progressbar" aria-label={t.network_title} aria-valuemin={0} aria-valuemax={3} aria-valuenow={at}>
        <span />
      </div>
      <ol class="visit-tasks">
        {lines.map(([name, words]) => {
          const mine = order.indexOf(name);
          return (
            <li key={name} class={mine < at ? "task-done" : mine === at ? "task-now" : ""}>
              {mine < at ? <Icon name="check" /> : mine === at ? <span class="spinner" aria-hidden="true" /> : <span class="task-dot" />}
              {words}
            </li>
          );
        })}
      </ol>
      {skip}
    </>
  );
}

function Result({ verdict, onAgain, onDone }: { verdict: Verdict; onAgain: () => void; onDone: () => void }) {
  const t = text().visit;
  const f = format();
  const good = allGood(verdict);
  const parts = [
    { key: "audio", name: t.part.audio, words: t.verdict_audio, word: verdict.audio },
    { key: "video", name: t.part.video, words: t.verdict_video, word: verdict.video },
    { key: "network", name: t.part.network, words: t.verdict_network, word: verdict.network },
  ] as const;
  const g = verdict.figures;
  // A camera or a microphone can be put right here and now; a link seldom.
  const toMend = verdict.audio !== "good" || verdict.video !== "good";
  const again = (
    <Button tone={toMend ? "primary" : "quiet"} size={toMend ? "l" : "m"} icon="refresh" onClick={onAgain}>
      {t.result_again}
    </Button>
  );
  const kbps = (n: number | null) => (n === null ? "–" : `${f.number(Math.round(n))} kbit/s`);
  return (
    <>
      <h1 tabIndex={-1}>{good ? t.result_good : t.result_warn}</h1>
      <ul class="verdicts">
        {parts.map((p) => (
          <li key={p.key} class={p.word === "good" ? "verdict-good" : "verdict-warn"} data-part={p.key} data-verdict={p.word}>
            <Icon name={p.word === "good" ? "check" : "alert"} size={26} />
            <span>
              <strong>{p.name}</strong> {p.words[p.word] ?? p.words.unknown}
            </span>
          </li>
        ))}
      </ul>
      <details class="visit-figures">
        <summary>{t.figures}</summary>
        <dl class="traits">
          <div>
            <dt>{t.figure_up}</dt>
            <dd>{kbps(g.up_kbps)}</dd>
          </div>
          <div>
            <dt>{t.figure_down}</dt>
            <dd>{kbps(g.down_kbps)}</dd>
          </div>
          <div>
            <dt>{t.figure_loss}</dt>
            <dd>{g.loss === null ? "–" : `${f.number(g.loss * 100)} %`}</dd>
          </div>
          <div>
            <dt>{t.figure_jitter}</dt>
            <dd>{g.jitter_ms === null ? "–" : `${f.number(g.jitter_ms)} ms`}</dd>
          </div>
          <div>
            <dt>{t.figure_rtt}</dt>
            <dd>{g.rtt_ms === null ? "–" : `${f.number(g.rtt_ms)} ms`}</dd>
          </div>
        </dl>
      </details>
      {toMend && again}
      <Button tone={toMend ? "plain" : "primary"} size="l" onClick={onDone}>
        {toMend ? t.result_anyway : t.result_continue}
      </Button>
      {!toMend && again}
    </>
  );
}
