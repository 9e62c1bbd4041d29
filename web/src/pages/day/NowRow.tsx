// The first rows: who waits, who is in a call, or what comes next.
import type { ActShort } from "../../api/types.ts";
import { minutesLate } from "./time.ts";
import { now } from "../../app/hooks.ts";
import { Holder, Initials, PatientLine, Since, When } from "../../components/Bits.tsx";
import { LinkButton } from "../../components/Button.tsx";
import { format, text } from "../../text/index.ts";

export function NowRow({ act, may }: { act: ActShort; may: boolean }) {
  const t = text();
  const live = act.state === "live";
  const waits = act.waiting_count > 0;
  return (
    <article class={`now-row ${waits ? "now-waits" : "now-live"}`}>
      <Initials name={act.patient.display_name} size="l" />
      <div class="grow">
        <h2>
          <a href={`/actes/${act.id}`}>{act.patient.display_name}</a>
        </h2>
        <p class="now-since">
          {waits && act.waiting_since && <Since at={act.waiting_since} say={t.day.waits_since} fresh={t.day.just_arrived} />}
          {!waits && live && act.live_since && <Since at={act.live_since} say={t.day.live_since} fresh={t.day.just_started} />}
          {act.waiting_count > 1 && <span> · {t.day.people_waiting(act.waiting_count)}</span>}
        </p>
        {act.reason && <p class="now-reason">{act.reason}</p>}
        <Holder act={act} />
      </div>
      {may && (
        <LinkButton
          tone={waits ? "wait" : "primary"}
          size="l"
          icon={live ? "camera" : "door"}
          href={`/appel/${act.id}?entrer=1`}
        >
          {live ? t.day.join : t.day.let_in}
        </LinkButton>
      )}
    </article>
  );
}

export function NextRow({ act, may }: { act: ActShort; may: boolean }) {
  const t = text();
  const late = minutesLate(act, now.value);
  return (
    <article class={`now-row now-next ${late ? "now-late" : ""}`}>
      <Initials name={act.patient.display_name} size="l" />
      <div class="grow">
        <p class="now-label">{late ? t.day.overdue(format().minutes(late)) : t.day.next_up}</p>
        <h2>
          <a href={`/actes/${act.id}`}>{act.patient.display_name}</a>
        </h2>
        <p class="now-since">
          <When at={act.starts_at} />
        </p>
        {act.reason && <p class="now-reason">{act.reason}</p>}
        <p class="now-reason">
          <PatientLine patient={act.patient} />
        </p>
        <Holder act={act} />
      </div>
      {may && (
        <LinkButton tone="primary" size="l" icon="door" href={`/appel/${act.id}`}>
          {t.day.open}
        </LinkButton>
      )}
    </article>
  );
}
