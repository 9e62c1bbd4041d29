// The closing form: report, conclusion, prescription, incidents already
// filled in, identity, consent. The text lives in memory only: a shared
// computer keeps nothing, and leaving asks first.
import { useEffect, useRef, useState } from "preact/hooks";
import { acts } from "../../api/calls.ts";
import { Problem } from "../../api/http.ts";
import type { Act, ActDocument } from "../../api/types.ts";
import { useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { keepAlive } from "../../app/session.ts";
import { navigate, setGuard } from "../../app/router.ts";
import { Card, Empty, PageHead, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button, LinkButton } from "../../components/Button.tsx";
import { DocumentRow, Upload } from "../../components/Documents.tsx";
import { CheckField, TextArea } from "../../components/Field.tsx";
import { askToLeave } from "../../components/Leaving.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import { Consent } from "../act/ActPage.tsx";
import "./ClosingPage.css";

export function ClosingPage({ id }: { id: string }) {
  const t = text();
  const load = useLoad(id, () => acts.get(id));
  const act = load.value;
  useTitle(t.closing.title);
  if (!act) return load.error ? <Failure error={load.error} onRetry={load.reload} /> : <Skeleton lines={5} />;
  const amend = act.report !== null && act.may.includes("amend");
  if (!amend && !act.may.includes("close")) {
    return (
      <Card>
        <h1 tabIndex={-1} class="visually-hidden">
          {t.closing.title}
        </h1>
        <Empty icon="register" title={t.closing.not_closable}>
          <LinkButton href={`/actes/${id}`}>{t.closing.see_act}</LinkButton>
        </Empty>
      </Card>
    );
  }
  return <ClosingForm key={act.id} act={act} amend={amend} onAct={load.set} />;
}

function ClosingForm({ act, amend, onAct }: { act: Act; amend: boolean; onAct: (act: Act) => void }) {
  const t = text();
  const c = t.closing;
  const f = format();
  const form = useRef<HTMLFormElement>(null);
  const kept = act.report;
  const [report, setReport] = useState(kept?.text ?? "");
  const [conclusion, setConclusion] = useState(kept?.conclusion ?? "");
  const [prescription, setPrescription] = useState<ActDocument | null>(
    kept?.prescription ?? act.documents.find((d) => d.kind === "prescription") ?? null,
  );
  const [confirmed, setConfirmed] = useState(false);
  const [comment, setComment] = useState(kept?.incident_comment ?? "");
  const seen = act.participants.some((p) => p.role === "patient" && p.identity_checked);
  const [identity, setIdentity] = useState(seen || (kept?.identity_checked ?? false));
  const [send, setSend] = useState(true);
  const [why, setWhy] = useState("");
  const [tried, setTried] = useState(false);
  const action = useAction();

  const dirty = report !== (kept?.text ?? "") || conclusion !== (kept?.conclusion ?? "") || comment !== (kept?.incident_comment ?? "") || why !== "";
  useEffect(() => {
    setGuard(dirty ? () => askToLeave() : null);
    return () => setGuard(null);
  }, [dirty]);

  const typed = useRef(0);
  useEffect(() => void (typed.current = Date.now()), [report, conclusion, comment, why]);
  useEffect(() => keepAlive(() => Date.now() - typed.current < 10 * 60_000), []);

  const errors = {
    text: report.trim() ? null : c.need_text,
    conclusion: conclusion.trim() ? null : c.need_conclusion,
    incidents: confirmed ? null : c.need_incidents,
    why: amend && !why.trim() ? c.need_why : null,
  };
  const shown = tried ? errors : { text: null, conclusion: null, incidents: null, why: null };
  const missing = Object.values(shown).filter((e): e is string => e !== null);
  const consented = act.consents[act.consents.length - 1]?.given ?? false;

  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(errors).some(Boolean)) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    const closing = {
      text: report.trim(),
      conclusion: conclusion.trim(),
      incidents_confirmed: confirmed,
      incident_comment: comment.trim() || null,
      identity_checked: identity,
      prescription: prescription?.id ?? null,
      send_to_patient: send,
    };
    const closed = await action.run("close", () =>
      amend ? acts.amend(act.id, closing, why.trim()) : acts.close(act.id, closing),
    );
    if (!closed) return;
    setGuard(null);
    say(amend ? c.amended : c.done);
    await navigate(`/actes/${act.id}`);
  };

  const photos = act.documents.filter((d) => d.kind === "photo");
  const serverSays = action.error instanceof Problem && action.error.status === 422 ? missingWords(action.error) : [];
  return (
    <>
      <PageHead title={amend ? c.amend_title : c.title} lead={c.lead(act.patient.display_name)} />
      <form ref={form} class="closing" onSubmit={submit} noValidate>
        <div class="stack closing-main">
          <Card>
            <div class="stack">
              {amend && <TextArea label={c.why} rows={2} maxLength={500} value={why} onValue={setWhy} error={shown.why} />}
              <TextArea label={c.text} hint={c.text_hint} rows={10} maxLength={20000} value={report} onValue={setReport} error={shown.text} />
              <TextArea label={c.conclusion} rows={4} maxLength={5000} value={conclusion} onValue={setConclusion} error={shown.conclusion} />
              <p class="soft small">{c.memory}</p>
            </div>
          </Card>
          <Card title={c.prescription}>
            {prescription ? (
              <div class="stack">
                <ul class="documents">
                  <DocumentRow
                    document={prescription}
                    href={acts.documentUrl(act.id, prescription.id)}
                    onRemove={() => setPrescription(null)}
                  />
                </ul>
              </div>
            ) : (
              <Upload act={act.id} kind="prescription" label={c.prescription_add} onDone={setPrescription} />
            )}
          </Card>
          {photos.length > 0 && (
            <Card title={c.photos} count={photos.length}>
              <ul class="documents">
                {photos.map((d) => (
                  <DocumentRow key={d.id} document={d} href={acts.documentUrl(act.id, d.id)} />
                ))}
              </ul>
            </Card>
          )}
        </div>
        <div class="stack closing-side">
          <Card title={c.incidents} count={act.incidents.length}>
            <div class="stack">
              {act.incidents.length > 0 ? (
                <>
                  <p class="soft small">{c.incidents_lead}</p>
                  <ul class="incidents">
                    {act.incidents.map((i) => (
                      <li key={i.id}>
                        <time class="soft" dateTime={i.started_at}>
                          {f.time(i.started_at)}
                        </time>
                        <span>{i.sentence}</span>
                      </li>
                    ))}
                  </ul>
                </>
              ) : (
                <p>{c.incidents_none}</p>
              )}
              <TextArea label={c.incidents_comment} optional rows={2} maxLength={1000} value={comment} onValue={setComment} />
              <CheckField
                label={act.incidents.length ? c.incidents_confirm : c.incidents_confirm_none}
                checked={confirmed}
                onChecked={setConfirmed}
                error={shown.incidents}
              />
            </div>
          </Card>
          <Consent act={act} onChange={onAct} />
          <Card title={c.checks}>
            <CheckField label={c.identity} hint={seen ? c.identity_done : undefined} checked={identity} onChecked={setIdentity} />
            <CheckField label={c.send} hint={c.send_hint} checked={send} onChecked={setSend} />
            {!consented && (
              <p class="closing-warn">
                <Tag icon="alert" tone="wait">
                  {c.consent_missing}
                </Tag>
              </p>
            )}
          </Card>
          {missing.length > 0 && (
            <Notice tone="bad" title={c.missing}>
              <ul>
                {missing.map((m) => (
                  <li key={m}>{m}</li>
                ))}
              </ul>
            </Notice>
          )}
          {serverSays.length > 0 ? (
            <Notice tone="bad" title={c.missing}>
              <p>{serverSays.join(" ")}</p>
            </Notice>
          ) : (
            <Failure error={action.error} />
          )}
          <Button tone="primary" size="l" icon="check" type="submit" busy={action.running !== null}>
            {amend ? c.submit_amend : c.submit}
          </Button>
        </div>
      </form>
    </>
  );
}

/** What the server says is missing, in its words or in ours. */
function missingWords(problem: Problem): string[] {
  const t = text();
  const words: Record<string, string> = {
    text: t.closing.need_text,
    report: t.closing.need_text,
    conclusion: t.closing.need_conclusion,
    incidents_confirmed: t.closing.need_incidents,
    incidents: t.closing.need_incidents,
    consent: t.closing.consent_missing,
    identity: t.act.identity_no,
    identity_checked: t.act.identity_no,
  };
  const named = Array.isArray(problem.body.missing) ? problem.body.missing : [problem.field];
  const said = named.filter((n): n is string => typeof n === "string").map((n) => words[n] ?? problem.message);
  return said.length > 0 ? [...new Set(said)] : [problem.message];
}
