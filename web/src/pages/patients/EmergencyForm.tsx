// Emergency access: who knows exactly who a patient is opens their record for an hour, and says why.
import { useRef, useState } from "preact/hooks";
import { patients } from "../../api/calls.ts";
import { newKey, Problem } from "../../api/http.ts";
import type { Patient, Sex } from "../../api/types.ts";
import { useAction } from "../../app/hooks.ts";
import { Button } from "../../components/Button.tsx";
import { readDate } from "../../components/Contact.ts";
import { Choice, TextArea, TextField } from "../../components/Field.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";

const REASON_LEAST = 10;

export function EmergencyForm({ onDone, onCancel }: { onDone: (patient: Patient) => void; onCancel: () => void }) {
  const t = text();
  const p = t.patient;
  const key = useRef(newKey());
  const [values, setValues] = useState({ birth_name: "", first_names: "", birth_date: "", birth_place_code: "", reason: "" });
  const [sex, setSex] = useState<Sex | "">("");
  const [tried, setTried] = useState(false);
  const [nobody, setNobody] = useState(false);
  const action = useAction();
  const set = (name: keyof typeof values) => (value: string) => setValues((old) => ({ ...old, [name]: value }));
  const born = readDate(values.birth_date);
  const missing = (value: string) => (tried && !value.trim() ? p.required : null);
  const short = values.reason.trim().length < REASON_LEAST;

  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    setNobody(false);
    if (!values.birth_name.trim() || !values.first_names.trim() || !born || !sex || !values.birth_place_code.trim() || short) return;
    const who = {
      birth_name: values.birth_name.trim(),
      first_names: values.first_names.trim().replace(/\s+/g, " "),
      birth_date: born,
      sex,
      birth_place_code: values.birth_place_code.trim().toUpperCase(),
    };
    const opened = await action.run("open", async () => {
      try {
        const { id } = await patients.find(who);
        return await patients.openInEmergency(id, { ...who, reason: values.reason.trim() }, key.current);
      } catch (error) {
        if (error instanceof Problem && error.status >= 400 && error.status < 500) key.current = newKey();
        if (!(error instanceof Problem) || error.code !== "missing") throw error;
        setNobody(true);
        return undefined;
      }
    });
    if (!opened) return;
    say(p.emergency_opened(format().time(opened.expires_at)));
    onDone(opened.patient);
  };

  return (
    <form class="patient-form stack" onSubmit={submit} noValidate>
      <h2>{p.emergency}</h2>
      <Notice tone="wait">{p.emergency_text}</Notice>
      {nobody && <Notice tone="bad">{p.emergency_nobody}</Notice>}
      <Failure error={action.error} />
      <div class="patient-grid">
        <TextField label={p.birth_name} value={values.birth_name} onValue={set("birth_name")} error={missing(values.birth_name)} maxLength={100} autocomplete="off" required />
        <TextField label={p.first_names} hint={p.first_names_hint} value={values.first_names} onValue={set("first_names")} error={missing(values.first_names)} maxLength={100} autocomplete="off" required />
        <TextField label={p.birth_date} placeholder="12/04/1956" inputMode="numeric" value={values.birth_date} onValue={set("birth_date")} error={tried && !born ? p.bad_date : null} autocomplete="off" required />
        <Choice
          legend={p.sex}
          value={sex}
          onValue={setSex}
          error={tried && !sex ? p.required : undefined}
          options={(["F", "M", "U"] as const).map((value) => ({ value: value as Sex | "", label: t.sex[value] }))}
        />
        <TextField label={p.birth_place} hint={p.birth_place_hint} value={values.birth_place_code} onValue={set("birth_place_code")} error={missing(values.birth_place_code)} maxLength={5} autocomplete="off" required />
      </div>
      <TextArea label={p.emergency_reason} hint={p.emergency_reason_hint} value={values.reason} onValue={set("reason")} error={tried && short ? p.emergency_short : null} rows={3} maxLength={500} />
      <div class="row">
        <Button tone="primary" type="submit" busy={action.running !== null}>
          {p.emergency_open}
        </Button>
        <Button tone="quiet" onClick={onCancel}>
          {t.app.cancel}
        </Button>
      </div>
    </form>
  );
}
