// One box: name, birth date or INS; results below, arrows and Enter to choose.
import { useEffect, useRef, useState } from "preact/hooks";
import { patients } from "../api/calls.ts";
import type { Patient } from "../api/types.ts";
import { useDebounced, useLoad } from "../app/hooks.ts";
import { format, text } from "../text/index.ts";
import { Initials, Skeleton, Tag } from "./Bits.tsx";
import { Button } from "./Button.tsx";
import { TextField } from "./Field.tsx";
import { Failure } from "./Notice.tsx";
import { patientName, sexAndAge } from "./patientName.ts";
import "./PatientSearch.css";

interface Props {
  label: string;
  hint?: string;
  autoFocus?: boolean;
  chosen?: string;
  onChoose: (patient: Patient) => void;
  onCreate: (typed: string) => void;
  error?: string | null;
}

export function PatientSearch({ label, hint, autoFocus, chosen, onChoose, onCreate, error }: Props) {
  const t = text();
  const f = format();
  const root = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState("");
  const query = useDebounced(typed.trim(), 220);
  const wanted = query.length >= 2;
  const found = useLoad(wanted ? query : "", (signal) =>
    wanted ? patients.search(query, signal) : Promise.resolve({ items: [], next: null }),
  );
  useEffect(() => {
    if (autoFocus) root.current?.querySelector("input")?.focus();
  }, [autoFocus]);
  const items = found.value?.items ?? [];

  const onKeyDown = (event: KeyboardEvent) => {
    const rows = [...(root.current?.querySelectorAll<HTMLElement>(".patient-found button") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    if (event.key === "ArrowDown") rows[Math.min(at + 1, rows.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at <= 0 ? root.current?.querySelector("input") : rows[at - 1])?.focus();
    else if (event.key === "Enter" && at < 0 && items[0] && items.length === 1) onChoose(items[0]);
    else return;
    event.preventDefault();
  };

  return (
    <div class="patient-search" ref={root} onKeyDown={onKeyDown}>
      <TextField
        label={label}
        hint={hint}
        type="search"
        value={typed}
        onValue={setTyped}
        autocomplete="off"
        spellcheck={false}
        error={error}
      />
      <p class="visually-hidden" role="status">
        {wanted && found.value ? (items.length ? t.create.found(items.length) : t.create.none_found) : ""}
      </p>
      {found.error ? <Failure error={found.error} onRetry={found.reload} /> : null}
      {wanted && found.loading && !found.value && <Skeleton lines={2} />}
      {items.length > 0 && (
        <ul class="patient-found">
          {items.map((p) => (
            <li key={p.id}>
              <button type="button" aria-pressed={p.id === chosen} onClick={() => onChoose(p)}>
                <Initials name={patientName(p)} />
                <span class="grow">
                  <span class="patient-found-name">{patientName(p)}</span>
                  <span class="soft small">
                    {sexAndAge(p)}, {f.civil(p.birth_date)}
                  </span>
                </span>
                <Tag icon={p.ins_status === "qualified" ? "shield" : undefined} tone={p.ins_status === "qualified" ? "good" : undefined}>
                  {t.patient.ins_status[p.ins_status]}
                </Tag>
              </button>
            </li>
          ))}
        </ul>
      )}
      {wanted && found.value && items.length === 0 && <p class="soft">{t.create.none_found}</p>}
      {wanted && found.value && (
        <div>
          <Button icon="person_plus" onClick={() => onCreate(typed)}>
            {t.create.create_patient}
          </Button>
        </div>
      )}
    </div>
  );
}
