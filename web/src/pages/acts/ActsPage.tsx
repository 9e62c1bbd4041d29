// The register of the professional's acts, newest first.
import { useEffect, useState } from "preact/hooks";
import { acts } from "../../api/calls.ts";
import type { ActShort, ActState } from "../../api/types.ts";
import { readsClinical } from "../../app/session.ts";
import { now, useAction, useDebounced, useLoad, useTitle } from "../../app/hooks.ts";
import { Card, Empty, Holder, PageHead, PatientLine, Skeleton, StatePill } from "../../components/Bits.tsx";
import { Button, LinkButton } from "../../components/Button.tsx";
import { DateField } from "../../components/DateField.tsx";
import { Choice, TextField } from "../../components/Field.tsx";
import { Failure } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import { today } from "../../text/format.ts";
import "./ActsPage.css";

const STATES: ActState[] = ["to_close", "closed", "not_done"];

export function ActsPage() {
  const t = text();
  const f = format();
  const [state, setState] = useState<ActState | "" | "upcoming">("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [typed, setTyped] = useState("");
  const q = useDebounced(typed.trim(), 250);
  const [more, setMore] = useState<ActShort[]>([]);
  const [next, setNext] = useState<string | null>(null);
  // The register opens on what was held up to today; what is planned has its own word.
  const upcoming = state === "upcoming";
  const filter = {
    state: upcoming ? "planned" : state,
    from: from || (upcoming ? today() : ""),
    to: to || (state === "" ? today() : ""),
    q: q.length >= 2 ? q : "",
    limit: 30,
  };
  const key = JSON.stringify(filter);
  const first = useLoad(key, (signal) => acts.list(filter, signal));
  const action = useAction();
  useTitle(t.acts.title);
  useEffect(() => {
    setMore([]);
    setNext(first.value?.next ?? null);
  }, [first.value]);

  const filtered = Boolean(state || from || to || filter.q);
  const items = [...(first.value?.items ?? []), ...more];
  const showMore = () =>
    action.run("more", async () => {
      const page = await acts.list({ ...filter, after: next });
      setMore((old) => [...old, ...page.items]);
      setNext(page.next);
    });
  const clear = () => {
    setState("");
    setFrom("");
    setTo("");
    setTyped("");
  };

  return (
    <>
      <PageHead title={t.acts.title} lead={t.acts.lead} />
      <div class="acts-filter">
        <Choice
          legend={t.acts.state}
          hideLegend
          value={state}
          onValue={setState}
          options={[
            { value: "" as typeof state, label: t.acts.all },
            { value: "upcoming" as typeof state, label: t.acts.upcoming },
            ...STATES.map((s) => ({ value: s as typeof state, label: t.states[s] })),
          ]}
        />
        <div class="acts-fields">
          <TextField label={t.acts.search} type="search" value={typed} onValue={setTyped} autocomplete="off" />
          <DateField label={t.acts.from} value={from} max={to || undefined} onValue={setFrom} />
          <DateField label={t.acts.to} value={to} min={from || undefined} onValue={setTo} />
        </div>
      </div>
      {first.error && !first.value ? <Failure error={first.error} onRetry={first.reload} /> : null}
      {!first.value && !first.error && <Skeleton lines={6} />}
      {first.value && items.length === 0 && (
        <Card>
          {filtered ? (
            <Empty icon="search" title={t.acts.empty_title}>
              <p>{t.acts.empty_text}</p>
              <Button onClick={clear}>{t.acts.clear}</Button>
            </Empty>
          ) : (
            <Empty icon="register" title={t.acts.first_title}>
              <p>{t.acts.first_text}</p>
              <LinkButton tone="primary" icon="plus" href="/nouvelle">
                {t.day.start}
              </LinkButton>
            </Empty>
          )}
        </Card>
      )}
      {items.length > 0 && (
        <Card class="acts-card">
          <table class="acts">
            <thead>
              <tr>
                <th scope="col">{t.acts.columns.patient}</th>
                <th scope="col">{t.acts.columns.when}</th>
                <th scope="col">{t.acts.columns.reason}</th>
                <th scope="col">{t.acts.columns.state}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((act) => (
                <tr key={act.id}>
                  <td>
                    <a class="acts-name" href={`/actes/${act.id}`}>
                      {act.patient.display_name}
                    </a>
                    <span class="small acts-traits">
                      <PatientLine patient={act.patient} />
                    </span>
                    <Holder act={act} />
                  </td>
                  <td class="acts-when">
                    <time dateTime={act.starts_at} title={f.longDateTime(act.starts_at)}>
                      {f.shortDate(act.starts_at)} <span class="soft">{f.time(act.starts_at)}</span>
                      <span class="soft small acts-relative">{f.relative(act.starts_at, now.value)}</span>
                    </time>
                  </td>
                  <td class="acts-reason">{act.reason || (readsClinical(act) && <span class="soft">{t.act.no_reason}</span>)}</td>
                  <td class="acts-state">
                    <StatePill state={act.state} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      )}
      <Failure error={action.error} />
      {next && (
        <div class="acts-more">
          <Button icon="down" busy={action.running !== null} onClick={showMore}>
            {t.app.show_more}
          </Button>
        </div>
      )}
    </>
  );
}
