// The professional's day: who waits first, then the programme, then what is
// left to close. Live through a `watch` socket.
import { useEffect, useRef, useState } from "preact/hooks";
import { acts } from "../../api/calls.ts";
import type { ActShort, Day } from "../../api/types.ts";
import { now, useLoad, useTitle } from "../../app/hooks.ts";
import { navigate, place } from "../../app/router.ts";
import { isClinical, me } from "../../app/session.ts";
import { Card, Empty, Skeleton } from "../../components/Bits.tsx";
import { IconButton, LinkButton } from "../../components/Button.tsx";
import { DateField } from "../../components/DateField.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import { addDays, today } from "../../text/format.ts";
import { NextRow, NowRow } from "./NowRow.tsx";
import { Programme } from "./Programme.tsx";
import { ToClose } from "./ToClose.tsx";
import { watchDay } from "./watch.ts";
import "./DayPage.css";

function greetUnseen(before: Day | undefined, after: Day): void {
  if (!before) return;
  const known = new Set(before.now.filter((a) => a.waiting_count > 0).map((a) => a.id));
  for (const act of after.now) {
    if (act.waiting_count > 0 && !known.has(act.id)) say(text().day.arrived(act.patient.display_name), "wait");
  }
}

export function DayPage() {
  const t = text();
  const f = format();
  const asked = place.value.query.get("date") ?? "";
  const present = today(now.value);
  const date = /^\d{4}-\d{2}-\d{2}$/.test(asked) ? asked : present;
  const isToday = date === present;
  const last = useRef<Day | undefined>(undefined);
  const day = useLoad(date, async () => {
    const answer = await acts.day(date);
    greetUnseen(last.current?.date === answer.date ? last.current : undefined, answer);
    last.current = answer;
    return answer;
  });
  const reload = useRef(day.reload);
  reload.current = day.reload;
  const [live, setLive] = useState(true);
  useEffect(() => watchDay(() => reload.current(), setLive), []);
  const waitingNow = day.value?.now.filter((a) => a.waiting_count > 0).length ?? 0;
  useTitle(waitingNow > 0 ? `(${waitingNow}) ${t.day.title}` : t.day.title);
  const clinical = isClinical.value;

  const go = (to: string) => void navigate(to === present ? "/" : `/?date=${to}`);
  const value = day.value;
  const upcoming = isToday && value ? nextUp(value) : null;
  return (
    <>
      <header class="page-head">
        <div class="grow">
          <p class="day-hello">{t.day.hello(me.value?.person.given_name ?? "")}</p>
          <h1 tabIndex={-1}>{f.day(date)}</h1>
        </div>
        <div class="row">
          <div class="day-move" role="group" aria-label={t.day.pick}>
            <IconButton icon="left" label={t.day.previous} onClick={() => go(addDays(date, -1))} />
            <DateField label={t.day.pick} hideLabel value={date} onValue={(chosen) => chosen && go(chosen)} />
            <IconButton icon="right" label={t.day.next} onClick={() => go(addDays(date, 1))} />
          </div>
          {!isToday && (
            <LinkButton tone="quiet" href="/">
              {t.day.today}
            </LinkButton>
          )}
          <LinkButton tone="primary" icon="plus" href="/nouvelle">
            {t.day.start}
          </LinkButton>
        </div>
      </header>

      {day.error && !value ? <Failure error={day.error} onRetry={day.reload} /> : null}
      {!value && !day.error && <Skeleton lines={4} />}
      {value && (
        <div class="day">
          <div class="stack day-main">
            {isToday && (
              <section class="now" aria-label={t.day.now} aria-live="polite">
                {value.now.map((act) => (
                  <NowRow key={act.id} act={act} may={clinical} />
                ))}
                {value.now.length === 0 && upcoming && <NextRow act={upcoming} may={clinical} />}
                {value.now.length === 0 && !upcoming && (
                  <p class="now-quiet soft">
                    {t.day.nobody}. {t.day.nobody_text}
                  </p>
                )}
              </section>
            )}
            <Card title={t.day.schedule} count={value.items.length}>
              {value.items.length > 0 ? (
                <Programme items={value.items} folds={isToday} onChange={day.reload} />
              ) : (
                <Empty icon="day" title={t.day.empty_title}>
                  <p>{t.day.empty_text}</p>
                </Empty>
              )}
            </Card>
          </div>
          <div class="stack day-side">
            {clinical && <ToClose items={value.to_close} />}
            <dl class="day-counts" aria-label={t.day.counts}>
              {(["planned", "waiting", "live"] as const).map((state) => (
                <div key={state}>
                  <dt>{t.day.counted[state](value.counts[state])}</dt>
                  <dd>{value.counts[state]}</dd>
                </div>
              ))}
            </dl>
            <p class={`day-live small ${live ? "" : "day-live-lost"}`}>
              <span class="day-live-dot" aria-hidden="true" />
              {live ? t.day.live_page : t.day.live_lost}
            </p>
          </div>
        </div>
      )}
    </>
  );
}

/** The next planned act, late ones included for an hour. */
function nextUp(day: Day): ActShort | null {
  const from = now.value - 60 * 60_000;
  return day.items.find((a) => a.state === "planned" && new Date(a.starts_at).getTime() > from) ?? null;
}
