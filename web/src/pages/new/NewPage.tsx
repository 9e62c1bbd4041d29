// A new teleconsultation: choose the patient, press one button.
import { useEffect, useRef, useState } from "preact/hooks";
import { acts, directory, patients } from "../../api/calls.ts";
import { newKey, Problem } from "../../api/http.ts";
import type { Language, Patient, Role } from "../../api/types.ts";
import { useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { navigate, place } from "../../app/router.ts";
import { keepsDiaryOf, me } from "../../app/session.ts";
import { absenceOf, AbsenceWarning } from "../../components/Absences.tsx";
import { Card, Initials, PageHead, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { emailLooksWrong, phoneForServer, phoneLooksWrong } from "../../components/Contact.ts";
import { DateField, TimeField } from "../../components/DateField.tsx";
import { CheckField, Choice, SelectField, TextField } from "../../components/Field.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { PatientForm } from "../../components/PatientForm.tsx";
import { patientName, sexAndAge } from "../../components/patientName.ts";
import { PatientSearch } from "../../components/PatientSearch.tsx";
import { format, language, text } from "../../text/index.ts";
import { instant, today } from "../../text/format.ts";
import "./NewPage.css";

const PLANS: Role[] = ["doctor", "nurse", "midwife", "secretary"];
const DURATIONS = [10, 15, 20, 30, 45, 60];

/** The next quarter of an hour, an hour from now, in the region's time. */
function soon(): string {
  const at = Math.ceil((Date.now() + 3_600_000) / 900_000) * 900_000;
  return new Intl.DateTimeFormat("fr-FR", { timeZone: "Europe/Paris", hour: "2-digit", minute: "2-digit" }).format(at);
}

export function NewPage() {
  const t = text();
  const f = format();
  const c = t.create;
  // One line a structure, where acts are planned.
  const structures = (me.value?.memberships ?? []).filter(
    (m, i, all) => PLANS.includes(m.role) && all.findIndex((n) => n.structure.id === m.structure.id) === i,
  );
  const [patient, setPatient] = useState<Patient | null>(null);
  const [creating, setCreating] = useState<string | null>(null);
  const [asked, setWhen] = useState<"now" | "later">("now");
  const [date, setDate] = useState(today());
  const [time, setTime] = useState(soon());
  const [duration, setDuration] = useState("20");
  const [reason, setReason] = useState("");
  const [structure, setStructure] = useState(structures[0]?.structure.id ?? "");
  const [professional, setProfessional] = useState("");
  const forOther = keepsDiaryOf(structure);
  // Who plans for another does not open the room.
  const when = forOther ? "later" : asked;
  const practising = useLoad(forOther ? structure : "", (signal) =>
    forOther ? directory.of(structure, signal) : Promise.resolve({ items: [], next: null }),
  );
  const [invite, setInvite] = useState(true);
  const [email, setEmail] = useState("");
  const [phone, setPhone] = useState("");
  const [spoken, setSpoken] = useState<Language>(language.value);
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  useTitle(c.title);

  const choose = (chosen: Patient) => {
    setPatient(chosen);
    setCreating(null);
    setEmail(chosen.email ?? "");
    setPhone(chosen.phone ?? "");
    // The button is next: two clicks in all.
    requestAnimationFrame(() => document.getElementById("new-submit")?.focus());
  };

  const wanted = place.value.query.get("patient");
  useEffect(() => {
    if (wanted) patients.get(wanted).then(choose, () => {});
  }, [wanted]);
  // Any change of content is another act: it needs another key.
  useEffect(() => void (key.current = newKey()), [patient, when, date, time, duration, reason, structure, professional, invite, email, phone]);

  const starts = when === "later" && date && time ? instant(date, time) : null;
  const past = when === "later" && starts !== null && new Date(starts).getTime() < Date.now() - 60_000;
  const away = absenceOf(action.error);
  const serverField = action.error instanceof Problem ? action.error.field : null;
  const errors = {
    patient: tried && !patient ? c.need_patient : null,
    professional:
      tried && forOther && !professional
        ? c.need_professional
        : serverField === "professional"
          ? (action.error as Problem).message
          : null,
    time: !tried ? null : past ? c.past : when === "later" && !starts ? t.date.needed : null,
    contact: tried && invite && !email.trim() && !phone.trim() ? c.need_contact : null,
    email: tried && invite && emailLooksWrong(email.trim()) ? t.patient.bad_email : null,
    phone: tried && invite && phoneLooksWrong(phone.trim()) ? t.patient.bad_phone : null,
  };

  const submit = async (event: Event, despite_absence = false) => {
    event.preventDefault();
    setTried(true);
    const badContact =
      invite && ((!email.trim() && !phone.trim()) || emailLooksWrong(email.trim()) || phoneLooksWrong(phone.trim()));
    if (!patient || past || (when === "later" && !starts) || badContact || (forOther && !professional)) return;
    const act = await action.run("create", () =>
      acts.create(
        {
          patient: patient.id,
          structure,
          ...(forOther ? { professional } : {}),
          starts_at: starts,
          duration_min: Number(duration),
          reason: reason.trim(),
          ...(despite_absence ? { despite_absence } : {}),
          invite: invite ? { email: email.trim() || null, phone: phoneForServer(phone), language: spoken } : null,
        },
        key.current,
      ),
    );
    if (!act) return;
    say(invite ? c.created : c.created_plain);
    await navigate(when === "now" ? `/appel/${act.id}` : `/actes/${act.id}`);
  };

  return (
    <>
      <PageHead title={c.title} />
      <div class="new">
        <Card class="new-who">
          {patient ? (
            <div class="stack">
              <h2>{c.chosen}</h2>
              <div class="new-patient">
                <Initials name={patientName(patient)} size="l" />
                <div class="grow">
                  <p class="new-name">{patientName(patient)}</p>
                  <p class="soft">
                    {sexAndAge(patient)}, {f.civil(patient.birth_date)}
                  </p>
                  <Tag icon="shield" tone={patient.ins_status === "qualified" ? "good" : undefined}>
                    {t.patient.ins_status[patient.ins_status]}
                  </Tag>
                </div>
                <Button tone="quiet" size="s" onClick={() => setPatient(null)}>
                  {c.change}
                </Button>
              </div>
            </div>
          ) : creating !== null ? (
            <PatientForm seed={creating} onDone={choose} onCancel={() => setCreating(null)} />
          ) : (
            <div class="stack">
              <h2>{c.who}</h2>
              <PatientSearch
                label={c.search}
                hint={c.search_hint}
                autoFocus={!wanted}
                onChoose={choose}
                onCreate={setCreating}
                error={errors.patient}
              />
            </div>
          )}
        </Card>
        {creating === null && (
          <form class="card stack new-rest" onSubmit={submit} noValidate>
            {structures.length > 1 && (
              <SelectField
                label={c.structure}
                value={structure}
                onValue={(chosen) => {
                  setStructure(chosen);
                  setProfessional("");
                }}
                options={structures.map((m) => ({ value: m.structure.id, label: m.structure.name }))}
              />
            )}
            {forOther && (
              <SelectField
                label={c.professional}
                value={professional}
                onValue={setProfessional}
                error={errors.professional}
                options={[
                  { value: "", label: c.professional_none },
                  ...(practising.value?.items ?? []).map((p) => ({ value: p.id, label: `${p.display_name}, ${p.profession}${p.absence ? ` (${t.absence.away(f.civil(p.absence.until))})` : ""}` })),
                ]}
              />
            )}
            {!forOther && (
              <Choice
                legend={c.when}
                look="cards"
                value={when}
                onValue={setWhen}
                options={[
                  { value: "now", label: c.now, hint: c.now_hint },
                  { value: "later", label: c.later, hint: c.later_hint },
                ]}
              />
            )}
            {when === "later" && (
              <div class="new-when">
                <DateField label={c.date} value={date} min={today()} onValue={setDate} required />
                <TimeField label={c.time} value={time} onValue={setTime} error={errors.time} required />
                <SelectField
                  label={c.duration}
                  value={duration}
                  onValue={setDuration}
                  options={DURATIONS.map((n) => ({ value: String(n), label: f.minutes(n) }))}
                />
              </div>
            )}
            <TextField label={c.reason} hint={forOther ? c.reason_hint_other : c.reason_hint} optional value={reason} onValue={setReason} maxLength={200} error={serverField === "reason" ? (action.error as Problem).message : null} />
            <fieldset class="stack-s new-invite">
              <legend class="visually-hidden">{c.invite}</legend>
              <CheckField label={c.invite} hint={invite ? c.link_hint : undefined} checked={invite} onChecked={setInvite} />
              {invite && (
                <>
                  {errors.contact && <Notice tone="bad">{errors.contact}</Notice>}
                  <div class="new-contact">
                    <TextField label={c.by_email} type="email" value={email} onValue={setEmail} error={errors.email ?? (serverField === "email" ? (action.error as Problem).message : null)} autocomplete="off" />
                    <TextField label={c.by_phone} type="tel" value={phone} onValue={setPhone} error={errors.phone ?? (serverField === "phone" ? (action.error as Problem).message : null)} autocomplete="off" />
                    <SelectField
                      label={c.language}
                      value={spoken}
                      onValue={(v) => setSpoken(v as Language)}
                      options={[
                        { value: "fr", label: "Français" },
                        { value: "en", label: "English" },
                      ]}
                    />
                  </div>
                </>
              )}
            </fieldset>
            {away ? <AbsenceWarning absence={away} busy={action.running !== null} onGoOn={(event) => void submit(event, true)} /> : <Failure error={action.error} />}
            <Button id="new-submit" tone="primary" size="l" type="submit" icon={when === "now" ? "door" : "calendar"} busy={action.running !== null}>
              {!invite ? c.go_plain : when === "now" ? c.go_now : c.go_later}
            </Button>
          </form>
        )}
      </div>
    </>
  );
}
