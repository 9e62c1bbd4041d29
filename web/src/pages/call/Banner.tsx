// Lines above the stage: who waits, reconnecting, weak link, refused devices.
import type { CallSession } from "../../call/session.ts";
import { Button } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Refused } from "../../components/Refused.tsx";
import { text } from "../../text/index.ts";
import { AtTheDoor } from "./AtTheDoor.tsx";
import type { LocalMedia } from "./local.ts";

export function Banner({ call, local, listed }: { call: CallSession; local: LocalMedia; listed: boolean }) {
  const t = text().call;
  const line = call.line.value;
  const away = call.roster.value.filter((s) => s.state === "away" && s.participant !== call.you.value?.participant);
  const words = { ok: "", reconnecting: t.reconnecting, restarting: t.restarting, failed: t.failed }[line];
  return (
    <div class="banner" aria-live="polite">
      {!listed && <AtTheDoor call={call} />}
      {call.phase.value === "joining" && (
        <p class="banner-line">
          <span class="spinner" aria-hidden="true" /> <span class="grow">{t.joining}</span>
        </p>
      )}
      {line !== "ok" && (
        <p class={`banner-line ${line === "failed" ? "banner-bad" : ""}`}>
          {line === "failed" ? <Icon name="alert" /> : <span class="spinner" aria-hidden="true" />} <span class="grow">{words}</span>
        </p>
      )}
      {line === "ok" &&
        away.map((s) => (
          <p class="banner-line" key={s.participant}>
            <span class="spinner" aria-hidden="true" /> <span class="grow">{t.away_of(s.name)}</span>
          </p>
        ))}
      {line === "ok" && call.problem.value && (
        <p class="banner-line banner-bad">
          <Icon name="alert" /> <span class="grow">{call.problem.value}</span>
          <Button size="s" onClick={() => (call.problem.value = "")}>
            {text().app.close}
          </Button>
        </p>
      )}
      {call.advice.value && !call.audioFirst.value && (
        <p class="banner-line">
          <Icon name="ear" /> <span class="grow">{t.audio_first_suggest}</span>
          <Button size="s" tone="primary" onClick={() => void call.setAudioFirst(true)}>
            {t.audio_first_accept}
          </Button>
          <Button size="s" onClick={() => call.dismissAdvice()}>
            {t.later}
          </Button>
        </p>
      )}
      {call.audioFirst.value && (
        <p class="banner-line">
          <Icon name="ear" /> <span class="grow">{t.audio_first_active}</span>
          <Button size="s" onClick={() => void call.setAudioFirst(false)}>
            {t.audio_first_off}
          </Button>
        </p>
      )}
      {call.pictures.value === "none" && !call.audioFirst.value && (
        <p class="banner-line banner-calm">
          <Icon name="ear" /> <span class="grow">{t.sound_only}</span>
        </p>
      )}
      {call.pictures.value === "back" && !call.audioFirst.value && (
        <p class="banner-line banner-calm">
          <Icon name="check" /> <span class="grow">{t.pictures_back}</span>
        </p>
      )}
      <Refused refusal={local.refusal.value} onRetry={() => void local.start()} />
    </div>
  );
}
