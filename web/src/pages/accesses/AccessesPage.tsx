// Who looked at a patient's data, day by day: to be shown, or printed, for the patient.
import { useState } from "preact/hooks";
import { patients } from "../../api/calls.ts";
import type { Access } from "../../api/types.ts";
import { explain, useLoad, useTitle } from "../../app/hooks.ts";
import { Card, Empty, PageHead, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { patientName } from "../../components/patientName.ts";
import { format, text } from "../../text/index.ts";
import { wordOf } from "../audit/actions.ts";
import "./AccessesPage.css";

export function AccessesPage({ id }: { id: string }) {
  const t = text().accesses;
  const patient = useLoad(id, () => patients.get(id));
  const page = useLoad(id, (signal) => patients.accesses(id, null, signal));
  const [older, setOlder] = useState<Access[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [more, setMore] = useState(false);
  useTitle(t.title);
  const following = next === undefined ? (page.value?.next ?? null) : next;
  const items = [...(page.value?.items ?? []), ...older];
  const showMore = async () => {
    setMore(true);
    try {
      const answer = await patients.accesses(id, following);
      setOlder([...older, ...answer.items]);
      setNext(answer.next);
    } catch (error) {
      say(explain(error));
    } finally {
      setMore(false);
    }
  };
  return (
    <>
      <PageHead title={t.title} lead={patient.value ? patientName(patient.value) : t.lead}>
        <Button icon="file" onClick={() => window.print()} disabled={!items.length}>
          {t.print}
        </Button>
      </PageHead>
      <Card class="accesses">
        <p class="soft">{t.meaning}</p>
        {page.error ? <Failure error={page.error} onRetry={page.reload} /> : null}
        {page.loading && !page.value && <Skeleton lines={4} />}
        {page.value && !items.length && <Empty icon="eye" title={t.nobody} />}
        {days(items).map(([day, accesses]) => (
          <Day key={day} day={day} accesses={accesses} />
        ))}
        {following && (
          <Button tone="quiet" busy={more} onClick={showMore} class="no-print">
            {t.more}
          </Button>
        )}
      </Card>
    </>
  );
}

function days(items: Access[]): [string, Access[]][] {
  const groups = new Map<string, Access[]>();
  for (const item of items) groups.set(item.day, [...(groups.get(item.day) ?? []), item]);
  return [...groups];
}

function Day({ day, accesses }: { day: string; accesses: Access[] }) {
  const f = format();
  return (
    <section>
      <h2 class="accesses-day">{f.fullDay(day)}</h2>
      <ul>
        {accesses.map((access, i) => (
          <Line key={i} access={access} />
        ))}
      </ul>
    </section>
  );
}

function Line({ access }: { access: Access }) {
  const t = text().accesses;
  const f = format();
  const { who } = access;
  return (
    <li class="access">
      <time class="access-time" dateTime={access.last_at}>{f.time(access.last_at)}</time>
      <div class="grow">
        <p>
          <strong>{who.name ?? t.by_link[who.kind === "person" ? "recipient" : who.kind]}</strong>
          {who.profession && <span class="soft">, {who.profession}</span>}
        </p>
        {who.structures && who.structures.length > 0 && <p class="soft small">{who.structures.join(", ")}</p>}
        <p>
          {wordOf(access.action, t.actions)}
          {access.times > 1 && <span class="soft"> {t.times(access.times)}</span>}
          {access.act && who.name && (
            <>
              {" "}
              <a class="no-print" href={`/actes/${access.act}`}>{t.act}</a>
            </>
          )}
        </p>
        {access.emergency && (
          <p>
            <Tag icon="shield" tone="wait">{t.emergency}</Tag> {access.emergency}
          </p>
        )}
      </div>
    </li>
  );
}
