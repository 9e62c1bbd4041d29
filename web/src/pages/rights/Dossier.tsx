// The page a patient reads: no link to anywhere but the files beside it, nothing that runs.
import type { PatientExport } from "../../api/rights.ts";
import { patientName, traitRows } from "../../components/patientName.ts";
import { format, text } from "../../text/index.ts";
import { wordOf } from "../audit/actions.ts";
import type { Filed } from "./handOver.tsx";

export const dossierStyle = `
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-bottom: 2px solid #0b6b7a; padding-bottom: .25rem; } h3 { margin: 1.75rem 0 0; } h4 { margin: 1rem 0 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; } dt, .soft { color: #52606d; } dd { margin: 0; }
p { margin: .25rem 0; } .words { white-space: pre-wrap; overflow-wrap: anywhere; } li { margin: .25rem 0; }
@media print { h3 { break-after: avoid; } }
`;

export function Dossier({ data, files }: { data: PatientExport; files: Filed[] }) {
  const t = text();
  const w = t.rights.file;
  const f = format();
  return (
    <>
      <h1>{w.title(patientName(data.patient))}</h1>
      <p class="soft">{w.made(f.longDateTime(data.made_at), data.made_by.display_name)}</p>
      <p>{w.meaning}</p>
      <h2>{t.patient.identity}</h2>
      <Traits of={data.patient} />
      {data.rights.corrections.map((c) => (
        <section key={c.id}>
          <h4>
            {f.shortDate(c.at)}, {c.by.display_name} {c.reason && `(${c.reason})`}
          </h4>
          <p class="soft">{t.rights.was}</p>
          <Traits of={c.before} />
        </section>
      ))}
      {data.rights.restriction && <p>{t.rights.restricted(f.shortDate(data.rights.restriction.since), data.rights.restriction.by.display_name)}</p>}
      {data.rights.restrictions_ended.map((r) => (
        <p key={r.since}>{t.rights.restricted_before(f.shortDate(r.since), f.shortDate(r.until))}</p>
      ))}
      <h2>{w.team}</h2>
      <ul>
        {data.care_team.map((m, i) => (
          <li key={i}>
            {m.person.display_name}, {m.person.profession}, {w.since(f.shortDate(m.since), m.until && f.shortDate(m.until))}
          </li>
        ))}
      </ul>
      <h2>{w.acts}</h2>
      {data.acts.map((act) => (
        <section key={act.id}>
          <h3>
            {t.types[act.type] ?? act.type}, {f.longDateTime(act.starts_at)}
          </h3>
          <p>
            {act.professional.display_name}, {act.structure.name} ({t.states[act.state]})
          </p>
          {act.reason && <p class="words">{act.reason}</p>}
          {act.consents.map((c, i) => (
            <p key={i}>{w.consent(c.given, f.longDateTime(c.at))}</p>
          ))}
          {act.reports.map((r) => (
            <div key={r.version}>
              <h4>
                {w.report(r.version)}, {f.longDateTime(r.closed_at)}, {r.by.display_name}
              </h4>
              {r.why && <p class="words">{w.why(r.why)}</p>}
              <p class="words">{r.text}</p>
              {r.conclusion && <p class="words">{w.conclusion(r.conclusion)}</p>}
            </div>
          ))}
          {files.some((file) => file.act === act.id) && <h4>{w.documents}</h4>}
          <ul>
            {files
              .filter((file) => file.act === act.id)
              .map((file) => (
                <li key={file.path}>
                  <a href={file.path.split("/").map(encodeURIComponent).join("/")}>{file.document.name}</a>
                </li>
              ))}
          </ul>
        </section>
      ))}
      <h2>{w.accesses}</h2>
      <ul>
        {data.accesses.map((a, i) => (
          <li key={i}>
            {f.fullDay(a.day)}, {a.who.name ?? t.accesses.by_link[a.who.kind === "person" ? "recipient" : a.who.kind]} {wordOf(a.action, t.accesses.actions)}
            {a.times > 1 && ` (${w.times(a.times)})`}
            {a.emergency && ` (${t.accesses.emergency}, ${a.emergency})`}
          </li>
        ))}
      </ul>
    </>
  );
}

function Traits({ of }: { of: PatientExport["rights"]["corrections"][number]["before"] }) {
  const p = text().patient;
  const rows = [...traitRows(of), [p.phone, of.phone], [p.email, of.email]];
  return (
    <dl>
      {rows
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
    </dl>
  );
}
