// Unusual accesses, to be answered for, and emergency accesses, to be known of.
import { useState } from "preact/hooks";
import { alerts } from "../../api/calls.ts";
import { newKey } from "../../api/http.ts";
import type { Alert, EmergencyAccess } from "../../api/types.ts";
import { useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { me } from "../../app/session.ts";
import { Card, Empty, PageHead, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { TextArea } from "../../components/Field.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import "./AlertsPage.css";

export function AlertsPage() {
  const t = text().alerts;
  useTitle(t.title);
  const manages = me.value?.memberships.some((m) => m.role === "manager");
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <div class="alerts">
        <Unusual />
        {manages && <Emergencies />}
      </div>
    </>
  );
}

function Unusual() {
  const t = text().alerts;
  const list = useLoad("alerts", (signal) => alerts.list(null, signal));
  const items = list.value?.items ?? [];
  return (
    <Card title={t.unusual}>
      <p class="soft">{t.meaning}</p>
      {list.error ? <Failure error={list.error} onRetry={list.reload} /> : null}
      {list.loading && !list.value && <Skeleton lines={3} />}
      {list.value && !items.length && <Empty icon="shield" title={t.none} />}
      <ul>
        {items.map((alert) => (
          <Line key={alert.id} alert={alert} onAnswered={list.reload} />
        ))}
      </ul>
    </Card>
  );
}

function Line({ alert, onAnswered }: { alert: Alert; onAnswered: () => void }) {
  const t = text().alerts;
  const f = format();
  const [answering, setAnswering] = useState(false);
  return (
    <li class="alert">
      <p>
        <strong>{alert.person.name}</strong>
        {alert.person.profession && <span class="soft">, {alert.person.profession}</span>}
      </p>
      <p>{t.rules[alert.rule](alert.patients)}</p>
      <p class="soft small">
        <time dateTime={alert.at}>{f.longDateTime(alert.at)}</time>
      </p>
      {alert.seen ? (
        <p class="alert-answer">
          <span class="soft">{t.answered(alert.seen.by, f.shortDate(alert.seen.at))}</span>
          <br />
          {alert.seen.comment}
        </p>
      ) : answering ? (
        <Answer alert={alert} onDone={onAnswered} onCancel={() => setAnswering(false)} />
      ) : (
        <Button size="s" icon="check" onClick={() => setAnswering(true)}>
          {t.answer}
        </Button>
      )}
    </li>
  );
}

function Answer({ alert, onDone, onCancel }: { alert: Alert; onDone: () => void; onCancel: () => void }) {
  const t = text();
  const [comment, setComment] = useState("");
  const [tried, setTried] = useState(false);
  const [key] = useState(newKey);
  const action = useAction();
  const short = comment.trim().length < 3;
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (short) return;
    const done = await action.run("answer", async () => {
      await alerts.answer(alert.id, comment.trim(), key);
      return true;
    });
    if (!done) return;
    say(t.app.saved);
    onDone();
  };
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <TextArea label={t.alerts.comment} value={comment} onValue={setComment} maxLength={500} rows={3} error={tried && short ? t.alerts.comment_short : null} />
      <Failure error={action.error} />
      <div class="row">
        <Button tone="primary" type="submit" busy={action.running !== null}>
          {t.app.save}
        </Button>
        <Button tone="quiet" onClick={onCancel}>
          {t.app.cancel}
        </Button>
      </div>
    </form>
  );
}

function Emergencies() {
  const t = text().alerts;
  const f = format();
  const list = useLoad("emergencies", (signal) => alerts.emergencies(signal));
  const items: EmergencyAccess[] = list.value?.items ?? [];
  return (
    <Card title={t.emergencies}>
      {list.error ? <Failure error={list.error} onRetry={list.reload} /> : null}
      {list.loading && !list.value && <Skeleton lines={2} />}
      {list.value && !items.length && <p class="soft">{t.no_emergency}</p>}
      <ul>
        {items.map((access) => (
          <li key={access.id} class="alert">
            <p>
              <strong>{access.by.display_name}</strong>
              {access.by.profession && <span class="soft">, {access.by.profession}</span>}
            </p>
            <p>
              <Tag icon="shield" tone="wait">{t.reason}</Tag> {access.reason}
            </p>
            <p class="soft small">{t.from_until(f.longDateTime(access.at), f.time(access.expires_at))}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
