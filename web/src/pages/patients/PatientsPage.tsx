// Finding a patient, reading their traits, changing how to reach them.
import { useState } from "preact/hooks";
import { acts, patients } from "../../api/calls.ts";
import type { Patient } from "../../api/types.ts";
import { useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { place } from "../../app/router.ts";
import { isClinical } from "../../app/session.ts";
import { Card, Empty, Initials, PageHead, Skeleton, StatePill, Tag } from "../../components/Bits.tsx";
import { Button, LinkButton } from "../../components/Button.tsx";
import { emailLooksWrong, phoneForServer, phoneLooksWrong } from "../../components/Contact.ts";
import { TextField } from "../../components/Field.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { PatientForm } from "../../components/PatientForm.tsx";
import { patientName, sexAndAge, traitRows } from "../../components/patientName.ts";
import { PatientSearch } from "../../components/PatientSearch.tsx";
import { format, text } from "../../text/index.ts";
import { EmergencyForm } from "./EmergencyForm.tsx";
import { CareTeam } from "./CareTeam.tsx";
import "./PatientsPage.css";

export function PatientsPage() {
  const t = text();
  const [chosen, setChosen] = useState<Patient | null>(null);
  const [creating, setCreating] = useState<string | null>(null);
  const [emergency, setEmergency] = useState(false);
  useTitle(t.patient.title);
  return (
    <>
      <PageHead title={t.patient.title} lead={t.patient.lead} />
      <div class="patients">
        <Card>
          {emergency ? (
            <EmergencyForm
              onDone={(patient) => {
                setEmergency(false);
                setChosen(patient);
              }}
              onCancel={() => setEmergency(false)}
            />
          ) : creating !== null ? (
            <PatientForm
              seed={creating}
              onDone={(patient) => {
                setCreating(null);
                setChosen(patient);
              }}
              onCancel={() => setCreating(null)}
            />
          ) : (
            <PatientSearch
              label={t.patient.search}
              hint={t.patient.start}
              autoFocus={place.value.query.has("chercher")}
              chosen={chosen?.id}
              onChoose={setChosen}
              onCreate={setCreating}
            />
          )}
          {isClinical.value && !emergency && creating === null && (
            <Button tone="quiet" size="s" icon="shield" onClick={() => setEmergency(true)}>
              {t.patient.emergency}
            </Button>
          )}
        </Card>
        <Card class="patients-one">
          {chosen ? (
            <PatientCard key={chosen.id} patient={chosen} onChange={setChosen} />
          ) : (
            <Empty icon="people" title={t.patient.choose}>
              <p>{t.patient.start_text}</p>
            </Empty>
          )}
        </Card>
      </div>
    </>
  );
}

function PatientCard({ patient, onChange }: { patient: Patient; onChange: (p: Patient) => void }) {
  const t = text();
  const p = t.patient;
  const f = format();
  const [editing, setEditing] = useState(false);
  const past = useLoad(patient.id, (signal) => acts.list({ patient: patient.id, limit: 10 }, signal));
  return (
    <div class="stack patient-card">
      <div class="row">
        <Initials name={patientName(patient)} size="l" />
        <div class="grow">
          <h2>{patientName(patient)}</h2>
          <p class="soft">
            {sexAndAge(patient)}
          </p>
        </div>
      </div>
      <div class="row">
        <Tag icon="shield" tone={patient.ins_status === "qualified" ? "good" : undefined}>
          {p.ins_status[patient.ins_status]}
        </Tag>
        {patient.demo && <Tag>{p.demo}</Tag>}
      </div>
      <div class="row">
        <LinkButton tone="primary" icon="plus" href={`/nouvelle?patient=${patient.id}`}>
          {p.consult}
        </LinkButton>
        {isClinical.value && (
          <LinkButton icon="eye" href={`/patients/${patient.id}/acces`}>
            {p.accesses}
          </LinkButton>
        )}
        <LinkButton icon="file" href={`/patients/${patient.id}/droits`}>
          {t.rights.title}
        </LinkButton>
      </div>
      <section>
        <h3>{p.identity}</h3>
        <dl class="traits">
          {traitRows(patient)
            .filter(([, value]) => value)
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
        </dl>
      </section>
      <section>
        <div class="row spread">
          <h3>{p.contact}</h3>
          {!editing && (
            <Button tone="quiet" size="s" icon="pencil" onClick={() => setEditing(true)}>
              {p.edit}
            </Button>
          )}
        </div>
        {editing ? (
          <ContactForm
            patient={patient}
            onDone={(changed) => {
              setEditing(false);
              onChange(changed);
            }}
            onCancel={() => setEditing(false)}
          />
        ) : patient.email || patient.phone ? (
          <dl class="traits">
            {patient.email && (
              <div>
                <dt>{p.email}</dt>
                <dd>{patient.email}</dd>
              </div>
            )}
            {patient.phone && (
              <div>
                <dt>{p.phone}</dt>
                <dd>{patient.phone}</dd>
              </div>
            )}
          </dl>
        ) : (
          <p class="soft">{p.nobody_contact}</p>
        )}
      </section>
      {isClinical.value && <CareTeam patient={patient.id} />}
      <section>
        <h3>{p.past_acts}</h3>
        {past.error ? <Failure error={past.error} onRetry={past.reload} /> : null}
        {!past.value && !past.error && <Skeleton lines={2} />}
        {past.value?.items.length === 0 && <p class="soft">{p.no_acts}</p>}
        <ul class="patient-acts">
          {past.value?.items.map((act) => (
            <li key={act.id}>
              <a href={`/actes/${act.id}`}>
                <time dateTime={act.starts_at}>{f.shortDate(act.starts_at)}</time>
                <span class="grow">{act.reason || t.act.no_reason}</span>
                <StatePill state={act.state} />
              </a>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function ContactForm({ patient, onDone, onCancel }: { patient: Patient; onDone: (p: Patient) => void; onCancel: () => void }) {
  const t = text();
  const [email, setEmail] = useState(patient.email ?? "");
  const [phone, setPhone] = useState(patient.phone ?? "");
  const [used, setUsed] = useState(patient.used_name ?? "");
  const [tried, setTried] = useState(false);
  const action = useAction();
  const badEmail = emailLooksWrong(email.trim());
  const badPhone = phoneLooksWrong(phone.trim());
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (badEmail || badPhone) return;
    const changed = await action.run("save", () =>
      patients.change(patient.id, {
        email: email.trim() || null,
        phone: phoneForServer(phone),
        used_name: used.trim() || null,
      }),
    );
    if (!changed) return;
    say(t.app.saved);
    onDone(changed);
  };
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <TextField label={t.patient.used_name} optional value={used} onValue={setUsed} maxLength={100} autocomplete="off" />
      <TextField label={t.patient.email} type="email" optional value={email} onValue={setEmail} autocomplete="off" error={tried && badEmail ? t.patient.bad_email : null} />
      <TextField label={t.patient.phone} type="tel" optional value={phone} onValue={setPhone} autocomplete="off" error={tried && badPhone ? t.patient.bad_phone : null} />
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
