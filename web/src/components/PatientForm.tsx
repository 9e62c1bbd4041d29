// Creating a patient with INS traits, or correcting them; each wrong field is named beside itself.
import { useRef, useState } from "preact/hooks";
import { patients } from "../api/calls.ts";
import { newKey, Problem } from "../api/http.ts";
import { rights } from "../api/rights.ts";
import type { Patient, Sex, Traits } from "../api/types.ts";
import { useAction } from "../app/hooks.ts";
import { format, text } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { emailLooksWrong, hasDateShape, insKeyIsRight, phoneForServer, phoneLooksWrong, readDate } from "./Contact.ts";
import { Choice, TextArea, TextField } from "./Field.tsx";
import { Failure, Notice } from "./Notice.tsx";
import { patientName } from "./patientName.ts";
import "./PatientForm.css";

const NIR_OID = "1.2.250.1.213.1.4.8";

type Values = {
  birth_name: string;
  used_name: string;
  first_names: string;
  birth_date: string;
  sex: Sex | "";
  birth_place_code: string;
  ins: string;
  email: string;
  phone: string;
  reason: string;
};

type Errors = Partial<Record<keyof Traits | "reason", string>>;

const REASON_LEAST = 3;

function check(v: Values, correcting: boolean): Errors {
  const t = text().patient;
  const errors: Errors = {};
  if (correcting && v.reason.trim().length < REASON_LEAST) errors.reason = text().rights.reason_short;
  if (!v.birth_name.trim()) errors.birth_name = t.required;
  if (!v.first_names.trim()) errors.first_names = t.required;
  const born = readDate(v.birth_date);
  if (!v.birth_date.trim()) errors.birth_date = t.required;
  else if (!born) errors.birth_date = hasDateShape(v.birth_date) ? t.no_date : t.bad_date;
  else if (Date.parse(born) > Date.now()) errors.birth_date = t.future_date;
  if (!v.sex) errors.sex = t.required;
  if (!v.birth_place_code.trim()) errors.birth_place_code = t.required;
  else if (!/^(\d{5}|2[AB]\d{3})$/i.test(v.birth_place_code.trim())) errors.birth_place_code = t.bad_place;
  const ins = v.ins.replace(/\s/g, "").toUpperCase();
  if (ins && ins.length !== 15) errors.ins = t.bad_ins;
  else if (ins && !insKeyIsRight(ins)) errors.ins = t.bad_ins_key;
  if (emailLooksWrong(v.email.trim())) errors.email = t.bad_email;
  if (phoneLooksWrong(v.phone.trim())) errors.phone = t.bad_phone;
  return errors;
}

function traits(v: Values): Traits {
  const ins = v.ins.replace(/\s/g, "").toUpperCase() || null;
  return {
    birth_name: v.birth_name.trim(),
    used_name: v.used_name.trim() || null,
    first_names: v.first_names.trim().replace(/\s+/g, " "),
    birth_date: readDate(v.birth_date) ?? "",
    sex: v.sex || "U",
    birth_place_code: v.birth_place_code.trim().toUpperCase(),
    ins,
    ins_oid: ins ? NIR_OID : null,
    phone: phoneForServer(v.phone),
    email: v.email.trim() || null,
  };
}

/** What is typed for a patient who is there already. */
function valuesOf(p: Patient, civil: (date: string) => string): Values {
  return {
    birth_name: p.birth_name,
    used_name: "",
    first_names: p.first_names,
    birth_date: civil(p.birth_date),
    sex: p.sex,
    birth_place_code: p.birth_place_code,
    ins: p.ins ?? "",
    email: "",
    phone: "",
    reason: "",
  };
}

/** Starts from what was typed in the search, a name or a birth date; or from a patient to correct. */
export function PatientForm({
  seed,
  correct,
  onDone,
  onCancel,
}: {
  seed: string;
  correct?: Patient;
  onDone: (patient: Patient) => void;
  onCancel: () => void;
}) {
  const t = text();
  const f = format();
  const form = useRef<HTMLFormElement>(null);
  const key = useRef(newKey());
  const seedDate = readDate(seed);
  const [values, setValues] = useState<Values>(() => (correct ? valuesOf(correct, f.civil) : {
    birth_name: seedDate || /\d/.test(seed) ? "" : seed.trim(),
    used_name: "",
    first_names: "",
    birth_date: seedDate ? f.civil(seedDate) : "",
    sex: "",
    birth_place_code: "",
    ins: /^[12]\d{14}$/.test(seed) ? seed : "",
    email: "",
    phone: "",
    reason: "",
  }));
  const [errors, setErrors] = useState<Errors>({});
  const [twin, setTwin] = useState<Patient | null>(null);
  const action = useAction();
  const set = (name: keyof Values) => (value: string) => {
    setValues((old) => ({ ...old, [name]: value }));
    setErrors((old) => ({ ...old, [name]: undefined }));
  };
  const focusFirst = () =>
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());

  const submit = async (event: Event) => {
    event.preventDefault();
    const found = check(values, correct !== undefined);
    setErrors(found);
    setTwin(null);
    if (Object.values(found).some(Boolean)) return focusFirst();
    const made = await action.run("create", async () => {
      try {
        if (!correct) return await patients.create(traits(values), key.current);
        const { used_name: _, phone: __, email: ___, ...told } = traits(values);
        return await rights.correct(correct.id, { ...told, reason: values.reason.trim() }, key.current);
      } catch (error) {
        // Another content needs another key; the same content keeps its own.
        if (error instanceof Problem && error.status >= 400 && error.status < 500) key.current = newKey();
        if (error instanceof Problem && error.code === "exists" && error.body.patient) {
          setTwin(error.body.patient as Patient);
          return undefined;
        }
        if (error instanceof Problem && error.field) {
          setErrors({ [error.field]: error.message });
          focusFirst();
          return undefined;
        }
        throw error;
      }
    });
    if (made) onDone(made);
  };

  const wrong = Object.values(errors).filter(Boolean).length;
  const p = t.patient;
  return (
    <form ref={form} class="patient-form stack" onSubmit={submit} noValidate>
      {!correct && <h2>{t.create.new_patient}</h2>}
      {wrong > 0 && <Notice tone="bad">{p.check_fields(wrong)}</Notice>}
      {twin && (
        <Notice tone="wait" title={p.exists}>
          <p>
            {patientName(twin)}, {f.civil(twin.birth_date)}
          </p>
          <Button size="s" tone="primary" onClick={() => onDone(twin)}>
            {p.use_existing}
          </Button>
        </Notice>
      )}
      <Failure error={action.error} />
      <div class="patient-grid">
        <TextField label={p.birth_name} value={values.birth_name} onValue={set("birth_name")} error={errors.birth_name} maxLength={100} autocomplete="off" required />
        <TextField label={p.first_names} hint={p.first_names_hint} value={values.first_names} onValue={set("first_names")} error={errors.first_names} maxLength={100} autocomplete="off" required />
        {!correct && <TextField label={p.used_name} optional value={values.used_name} onValue={set("used_name")} error={errors.used_name} maxLength={100} autocomplete="off" />}
        <TextField label={p.birth_date} placeholder="12/04/1956" inputMode="numeric" value={values.birth_date} onValue={set("birth_date")} error={errors.birth_date} autocomplete="off" required />
        <Choice
          legend={p.sex}
          value={values.sex}
          onValue={set("sex")}
          error={errors.sex}
          options={(["F", "M", "U"] as const).map((value) => ({ value: value as Values["sex"], label: t.sex[value] }))}
        />
        <TextField label={p.birth_place} hint={p.birth_place_hint} value={values.birth_place_code} onValue={set("birth_place_code")} error={errors.birth_place_code} maxLength={5} autocomplete="off" required />
        <TextField label={p.ins} hint={p.ins_hint} optional value={values.ins} onValue={set("ins")} error={errors.ins ?? errors.ins_oid} maxLength={21} inputMode="numeric" autocomplete="off" />
      </div>
      {correct ? (
        <TextArea label={t.rights.correct_reason} hint={t.rights.correct_reason_hint} value={values.reason} onValue={set("reason")} error={errors.reason} rows={2} maxLength={500} />
      ) : (
        <>
          <h3>{p.contact}</h3>
          <div class="patient-grid">
            <TextField label={p.email} optional type="email" value={values.email} onValue={set("email")} error={errors.email} autocomplete="off" />
            <TextField label={p.phone} optional type="tel" value={values.phone} onValue={set("phone")} error={errors.phone} autocomplete="off" />
          </div>
        </>
      )}
      <div class="row">
        <Button tone="primary" type="submit" busy={action.running !== null}>
          {correct ? t.rights.correct_go : t.create.create_patient}
        </Button>
        <Button tone="quiet" onClick={onCancel}>
          {t.app.cancel}
        </Button>
      </div>
    </form>
  );
}
