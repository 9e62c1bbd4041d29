// What a patient may ask of who holds their data: a copy, a correction, a restriction.
import { useRef, useState } from "preact/hooks";
import { patients } from "../../api/calls.ts";
import { newKey } from "../../api/http.ts";
import { type Correction, type Rights, rights } from "../../api/rights.ts";
import type { Patient, Traits } from "../../api/types.ts";
import { useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { Card, PageHead, Skeleton } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { TextArea } from "../../components/Field.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { PatientForm } from "../../components/PatientForm.tsx";
import { patientName } from "../../components/patientName.ts";
import { format, text } from "../../text/index.ts";
import { handOver, save } from "./handOver.tsx";
import "./RightsPage.css";

const REASON_LEAST = 3;

export function RightsPage({ id }: { id: string }) {
  const t = text();
  const w = t.rights;
  const patient = useLoad(id, () => patients.get(id));
  const asked = useLoad(id, (signal) => rights.get(id, signal));
  const [correcting, setCorrecting] = useState(false);
  useTitle(w.title);
  if (patient.error) return <Failure error={patient.error} onRetry={patient.reload} />;
  if (!patient.value) return <Skeleton lines={6} />;
  const who = patient.value;
  const done = () => {
    setCorrecting(false);
    patient.reload();
    asked.reload();
    say(w.corrected);
  };
  return (
    <>
      <PageHead title={w.title} lead={patientName(who)} />
      <Failure error={asked.error} onRetry={asked.reload} />
      <div class="rights">
        <Card title={w.copy}>
          <Copy patient={id} open={asked.value?.may_restrict} />
        </Card>
        <Card title={w.restrict}>{asked.value ? <Restrict patient={id} asked={asked.value} onChange={asked.reload} /> : <Skeleton lines={3} />}</Card>
        <Card title={w.correct} class="rights-wide">
          <div class="stack">
            <p class="soft">{w.correct_text}</p>
            {correcting ? (
              <PatientForm seed="" correct={who} onDone={done} onCancel={() => setCorrecting(false)} />
            ) : (
              <div class="row">
                <Button icon="pencil" onClick={() => setCorrecting(true)}>
                  {w.correct}
                </Button>
              </div>
            )}
            <h3>{w.history}</h3>
            {asked.value?.corrections.length === 0 && <p class="soft">{w.no_history}</p>}
            <ol class="rights-history">
              {asked.value?.corrections.map((c, i, all) => (
                <Change key={c.id} change={c} after={all[i - 1]?.before ?? who} />
              ))}
            </ol>
          </div>
        </Card>
      </div>
    </>
  );
}

/** What differed, as it stood before. */
function Change({ change, after }: { change: Correction; after: Traits | Patient }) {
  const t = text();
  const p = t.patient;
  const f = format();
  const names = { birth_name: p.birth_name, used_name: p.used_name, first_names: p.first_names, birth_date: p.birth_date, sex: p.sex, birth_place_code: p.birth_place, ins: p.ins, phone: p.phone, email: p.email } as const;
  const shown = (name: keyof typeof names) => {
    const value = change.before[name];
    if (!value) return t.rights.empty;
    return name === "birth_date" ? f.civil(value) : name === "sex" ? t.sex[change.before.sex] : value;
  };
  const changed = (Object.keys(names) as (keyof typeof names)[]).filter((name) => (change.before[name] || null) !== (after[name] || null));
  return (
    <li>
      <p>
        <strong>{f.dateTime(change.at)}</strong>, {change.by.display_name}
      </p>
      <p>{change.reason || t.rights.contact_changed}</p>
      <p class="soft">
        {t.rights.was} {changed.map((name) => `${names[name]} ${shown(name)}`).join(", ")}
      </p>
    </li>
  );
}

function Copy({ patient, open }: { patient: string; open?: boolean }) {
  const w = text().rights;
  const action = useAction();
  const [step, setStep] = useState<[number, number] | null>(null);
  const [large, setLarge] = useState(false);
  const go = async () => {
    setLarge(false);
    const file = await action.run("copy", () => handOver(patient, (done, all) => setStep([done, all])));
    setStep(null);
    if (file === null) setLarge(true);
    if (!file) return;
    save(file);
    say(w.copy_done);
  };
  if (open === false) return <p class="soft">{w.copy_closed}</p>;
  return (
    <div class="stack">
      <p class="soft">{w.copy_text}</p>
      {large && <Notice tone="bad">{w.copy_large}</Notice>}
      <Failure error={action.error} />
      <div class="row">
        <Button tone="primary" icon="download" busy={action.running !== null} onClick={() => void go()}>
          {w.copy_go}
        </Button>
        {step && <span class="soft">{w.copy_documents(...step)}</span>}
      </div>
    </div>
  );
}

function Restrict({ patient, asked, onChange }: { patient: string; asked: Rights; onChange: () => void }) {
  const t = text();
  const w = t.rights;
  const f = format();
  const [open, setOpen] = useState(false);
  const action = useAction();
  const lift = async () => {
    if (!(await action.run("lift", () => rights.endRestriction(patient)))) return;
    say(w.restrict_ended);
    onChange();
  };
  return (
    <div class="stack">
      {asked.restriction ? (
        <Notice tone="wait" title={w.restricted(f.shortDate(asked.restriction.since), asked.restriction.by.display_name)}>
          {asked.restriction.reason}
        </Notice>
      ) : (
        <p class="soft">{w.restrict_text}</p>
      )}
      <Failure error={action.error} />
      {!asked.may_restrict ? (
        <p class="soft">{w.restrict_closed}</p>
      ) : asked.restriction ? (
        <div class="row">
          <Button busy={action.running !== null} onClick={() => void lift()}>
            {w.restrict_end}
          </Button>
        </div>
      ) : (
        <div class="row">
          <Button icon="shield" onClick={() => setOpen(true)}>
            {w.restrict_go}
          </Button>
        </div>
      )}
      {asked.restrictions_ended.map((r) => (
        <p key={r.since} class="soft">
          {w.restricted_before(f.shortDate(r.since), f.shortDate(r.until))}, {r.reason}
        </p>
      ))}
      {open && (
        <RestrictDialog
          patient={patient}
          onClose={() => setOpen(false)}
          onDone={() => {
            setOpen(false);
            say(w.restricted_said);
            onChange();
          }}
        />
      )}
    </div>
  );
}

function RestrictDialog({ patient, onClose, onDone }: { patient: string; onClose: () => void; onDone: () => void }) {
  const t = text();
  const w = t.rights;
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  const short = reason.trim().length < REASON_LEAST;
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (short) return;
    const made = await action.run("restrict", () => rights.restrict(patient, reason.trim(), key.current));
    key.current = newKey();
    if (made) onDone();
  };
  return (
    <Dialog title={w.restrict} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submit}>
        <p class="soft">{w.restrict_text}</p>
        <Failure error={action.error} />
        <TextArea label={w.restrict_reason} value={reason} onValue={setReason} error={tried && short ? w.reason_short : null} rows={3} maxLength={500} />
        <DialogActions>
          <Button tone="quiet" onClick={onClose}>
            {t.app.cancel}
          </Button>
          <Button tone="primary" type="submit" busy={action.running !== null}>
            {w.restrict_go}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
