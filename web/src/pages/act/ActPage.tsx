// One act: what it is, what happened, what can be done.
import { useState } from "preact/hooks";
import { acts } from "../../api/calls.ts";
import type { Act } from "../../api/types.ts";
import { readsClinical } from "../../app/session.ts";
import { now, useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { Card, Initials, PatientLine, Skeleton, StatePill, Tag } from "../../components/Bits.tsx";
import { Button, LinkButton } from "../../components/Button.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { DocumentRow, Upload } from "../../components/Documents.tsx";
import { Icon, type IconName } from "../../components/Icon.tsx";
import { Failure } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import { ActionDialog, type ActionName } from "./ActionDialog.tsx";
import { stays } from "./stays.ts";
import "./ActPage.css";

export function ActPage({ id }: { id: string }) {
  const t = text();
  const load = useLoad(id, () => acts.get(id));
  const [doing, setDoing] = useState<ActionName | null>(null);
  const act = load.value;
  useTitle(act ? act.patient.display_name : "");
  if (!act) {
    return load.error ? (
      <div class="stack">
        <h1 tabIndex={-1}>{t.app.missing_title}</h1>
        <Failure error={load.error} onRetry={load.reload} />
        <div>
          <LinkButton href="/actes" icon="left">
            {t.acts.title}
          </LinkButton>
        </div>
      </div>
    ) : (
      <Skeleton lines={5} />
    );
  }
  return (
    <>
      <Head act={act} />
      <div class="act">
        <div class="stack act-main">
          {act.not_done && (
            <Card tone="wait" title={t.act.not_done_because}>
              <p>{t.act.reasons[act.not_done.reason] ?? act.not_done.reason}</p>
              {act.not_done.comment && <p class="act-text">{act.not_done.comment}</p>}
            </Card>
          )}
          {act.report ? <ReportCard act={act} /> : null}
          {readsClinical(act) && <Documents act={act} onChange={load.reload} />}
          <Participants act={act} />
          <Incidents act={act} />
          <Journal act={act} />
        </div>
        <div class="stack act-side">
          <Facts act={act} />
          <ActionList act={act} onOpen={setDoing} />
          <Consent act={act} onChange={load.set} />
          <Versions act={act} />
        </div>
      </div>
      {doing && (
        <ActionDialog
          act={act}
          name={doing}
          onClose={() => setDoing(null)}
          onDone={(changed) => {
            setDoing(null);
            load.set(changed);
          }}
        />
      )}
    </>
  );
}

function Head({ act }: { act: Act }) {
  const t = text();
  return (
    <header class="page-head act-head">
      <Initials name={act.patient.display_name} size="l" />
      <div class="grow">
        <h1 tabIndex={-1}>{act.patient.display_name}</h1>
        <p class="page-lead">
          <PatientLine patient={act.patient} />
        </p>
        <p class="act-of">
          <StatePill state={act.state} /> {t.act.of(t.types[act.type] ?? act.type, format().dayOf(act.starts_at))}
        </p>
      </div>
      {act.may.includes("close") && act.state === "to_close" ? (
        <LinkButton tone="wait" size="l" icon="pencil" href={`/actes/${act.id}/cloture`}>
          {t.act.close}
        </LinkButton>
      ) : act.may.includes("join") ? (
        <LinkButton tone={act.waiting_count > 0 ? "wait" : "primary"} size="l" icon="door" href={`/appel/${act.id}`}>
          {act.waiting_count > 0 ? t.day.let_in : t.act.join}
        </LinkButton>
      ) : null}
    </header>
  );
}

function Facts({ act }: { act: Act }) {
  const t = text();
  const f = format();
  return (
    <Card>
      <dl class="facts">
        <div>
          <dt>{t.act.when}</dt>
          <dd>
            {f.dateTime(act.starts_at)}, {f.minutes(act.duration_min)}
            <br />
            <span class="soft small">{f.relative(act.starts_at, now.value)}</span>
          </dd>
        </div>
        {readsClinical(act) && (
          <div>
            <dt>{t.act.reason}</dt>
            <dd>{act.reason || <span class="soft">{t.act.no_reason}</span>}</dd>
          </div>
        )}
        <div>
          <dt>{t.act.structure}</dt>
          <dd>
            {act.structure.name}
            <br />
            <span class="soft small">{act.professional.display_name}</span>
          </dd>
        </div>
        <div>
          <dt>{t.act.invitation}</dt>
          <dd>
            {act.invitation ? (
              <>
                {t.invitation[act.invitation.state]} {act.invitation.state === "sent" && t.channels[act.invitation.channel]}
                {act.invitation.sent_at && (
                  <>
                    <br />
                    <span class="soft small">{t.act.sent_at(f.relative(act.invitation.sent_at, now.value))}</span>
                  </>
                )}
              </>
            ) : (
              t.invitation.none
            )}
          </dd>
        </div>
      </dl>
    </Card>
  );
}

function ActionList({ act, onOpen }: { act: Act; onOpen: (name: ActionName) => void }) {
  const t = text().act;
  const all: { name: ActionName; label: string; icon: IconName; danger?: boolean }[] = [
    { name: "invite", label: t.invite, icon: "person_plus" },
    { name: "reschedule", label: t.reschedule, icon: "calendar" },
    { name: "remind", label: t.remind, icon: "bell" },
    { name: "renew_link", label: t.renew, icon: "link" },
    { name: "hand_over", label: t.hand_over, icon: "swap" },
    { name: "not_done", label: t.not_done, icon: "gone" },
    { name: "cancel", label: t.cancel, icon: "cross", danger: true },
  ];
  const shown = all.filter((a) => act.may.includes(a.name));
  const amend = act.may.includes("amend") && act.report;
  if (shown.length === 0 && !amend) return null;
  return (
    <Card title={t.actions} class="act-actions">
      <ul>
        {amend && (
          <li>
            <a href={`/actes/${act.id}/cloture`}>
              <Icon name="pencil" /> {t.amend}
            </a>
          </li>
        )}
        {shown.map((a) => (
          <li key={a.name}>
            <button type="button" class={a.danger ? "act-danger" : ""} onClick={() => onOpen(a.name)}>
              <Icon name={a.icon} /> {a.label}
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function ReportCard({ act }: { act: Act }) {
  const t = text().act;
  const report = act.report;
  if (!report) return null;
  return (
    <Card
      title={t.report}
      aside={
        <Tag icon={report.sent_to_patient ? "send" : undefined} tone={report.sent_to_patient ? "good" : undefined}>
          {report.sent_to_patient ? t.report_sent : t.report_not_sent}
        </Tag>
      }
    >
      <p class="act-text">{report.text}</p>
      <h3 class="act-sub">{t.conclusion}</h3>
      <p class="act-text">{report.conclusion}</p>
    </Card>
  );
}

function Documents({ act, onChange }: { act: Act; onChange: () => void }) {
  const t = text().act;
  const action = useAction();
  const may = act.may.includes("document");
  return (
    <Card title={t.documents} count={act.documents.length}>
      <div class="stack">
        <Failure error={action.error} />
        {act.documents.length > 0 ? (
          <ul class="documents">
            {act.documents.map((d) => (
              <DocumentRow
                key={d.id}
                document={d}
                href={acts.documentUrl(act.id, d.id)}
                onRemove={
                  may
                    ? () =>
                        void action.run("remove", async () => {
                          await acts.removeDocument(act.id, d.id);
                          onChange();
                        })
                    : undefined
                }
              />
            ))}
          </ul>
        ) : (
          <p class="soft">{t.no_documents}</p>
        )}
        {may && <Upload act={act.id} kind="other" label={t.add_document} onDone={onChange} />}
      </div>
    </Card>
  );
}

function Participants({ act }: { act: Act }) {
  const t = text();
  const f = format();
  const people = stays(act.participants);
  return (
    <Card title={t.act.participants} count={people.length}>
      {people.length === 0 ? (
        <p class="soft">{t.act.nobody_yet}</p>
      ) : (
        <ul class="participants">
          {people.map((p) => (
            <li key={p.key}>
              <Initials name={p.name} />
              <div class="grow">
                <p class="participants-name">{p.name}</p>
                <p class="soft small">
                  {t.roles[p.role] ?? p.title ?? p.role},{" "}
                  {p.times
                    .map((s) => (s.left_at ? t.act.stayed(f.time(s.joined_at), f.time(s.left_at)) : t.act.since(f.time(s.joined_at))))
                    .join(", ")}
                </p>
              </div>
              {(p.role === "patient" || p.identity_checked) && (
                <Tag icon={p.identity_checked ? "shield" : undefined} tone={p.identity_checked ? "good" : undefined}>
                  {p.identity_checked ? t.act.identity_ok : t.act.identity_no}
                </Tag>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Incidents({ act }: { act: Act }) {
  const t = text().act;
  const f = format();
  return (
    <Card title={t.incidents} count={act.incidents.length}>
      {act.incidents.length === 0 ? (
        <p class="soft">{t.no_incidents}</p>
      ) : (
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
      )}
      {act.report?.incident_comment && <p class="act-text act-sub">{act.report.incident_comment}</p>}
    </Card>
  );
}

function Journal({ act }: { act: Act }) {
  const f = format();
  if (act.events.length === 0) return null;
  return (
    <Card title={text().act.journal}>
      <ol class="journal">
        {act.events.map((e) => (
          <li key={e.id}>
            <span>{e.label}</span>
            <time class="soft small" dateTime={e.at} title={f.longDateTime(e.at)}>
              {f.dateTime(e.at)}
            </time>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Versions({ act }: { act: Act }) {
  const t = text().act;
  const f = format();
  if (act.versions.length < 2) return null;
  return (
    <Card title={t.versions}>
      <ul class="stack-s small">
        {act.versions.map((v) => (
          <li key={v.version}>{t.version_line(v.version, v.by.display_name, f.dateTime(v.closed_at))}</li>
        ))}
      </ul>
    </Card>
  );
}

export function Consent({ act, onChange }: { act: Act; onChange: (act: Act) => void }) {
  const t = text();
  const [open, setOpen] = useState(false);
  const action = useAction();
  const last = act.consents[act.consents.length - 1];
  const record = (given: boolean) =>
    action.run("consent", async () => {
      onChange(await acts.consent(act.id, given, "patient", last?.text_version ?? "1"));
      setOpen(false);
    });
  const over = act.state === "closed" || act.state === "not_done";
  const may = !over && (act.may.includes("close") || act.may.includes("join"));
  return (
    <Card title={t.act.consent}>
      <div class="stack-s">
        {last ? (
          <p class={last.given ? "consent-yes" : "consent-no"}>
            <Icon name={last.given ? "check" : "alert"} />
            <span>
              {(last.given ? t.act.consent_yes : t.act.consent_no)(t.act.consent_by[last.by] ?? last.by, format().dateTime(last.at))}
            </span>
          </p>
        ) : (
          <p class="soft">{t.act.consent_none}</p>
        )}
        {may && !last?.given && (
          <div>
            <Button size="s" onClick={() => setOpen(true)}>
              {t.act.consent_record}
            </Button>
          </div>
        )}
      </div>
      {open && (
        <Dialog title={t.act.consent_record} onClose={() => setOpen(false)}>
          <p>{act.patient.display_name}</p>
          <Failure error={action.error} />
          <DialogActions>
            <Button tone="quiet" busy={action.running !== null} onClick={() => void record(false)}>
              {t.act.consent_refused}
            </Button>
            <Button tone="primary" busy={action.running !== null} onClick={() => void record(true)}>
              {t.act.consent_given}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </Card>
  );
}
