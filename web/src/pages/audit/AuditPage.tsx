// A day of the audit: for a manager, of the patients their structure knows; for who runs the platform, of
// everybody, and how far the chains have come.
import { useState } from "preact/hooks";
import { audit, type AuditDay, type DayLine } from "../../api/audit.ts";
import { now, useLoad, useTitle } from "../../app/hooks.ts";
import { managed, operates } from "../../app/session.ts";
import { Card, Empty, PageHead, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { DateField } from "../../components/DateField.tsx";
import { SelectField } from "../../components/Field.tsx";
import { Failure, Notice } from "../../components/Notice.tsx";
import { today } from "../../text/format.ts";
import { format, text } from "../../text/index.ts";
import { grouped } from "./actions.ts";
import "./AuditPage.css";

export function StructureAuditPage() {
  const t = text();
  const w = t.audit;
  const structures = managed.value;
  const [structure, setStructure] = useState(structures[0]?.id ?? "");
  useTitle(w.title);
  if (!structure) return <Empty icon="gone" title={t.problem.forbidden} />;
  const name = structures.find((s) => s.id === structure)?.name ?? "";
  return (
    <>
      <PageHead title={w.title} lead={structures.length > 1 ? w.lead : w.lead_of(name)} />
      {structures.length > 1 && (
        <div class="audit-structure">
          <SelectField label={t.team.structure} value={structure} onValue={setStructure} options={structures.map((s) => ({ value: s.id, label: s.name }))} />
        </div>
      )}
      <Day key={structure} load={(day, signal) => audit.structure(structure, day, signal)} meaning={w.meaning} />
    </>
  );
}

export function PlatformAuditPage() {
  const t = text();
  const w = t.audit;
  useTitle(w.platform_title);
  if (!operates.value) return <Empty icon="gone" title={t.problem.forbidden} />;
  return (
    <>
      <PageHead title={w.platform_title} lead={w.platform_lead} />
      <Day load={audit.platform} meaning={w.platform_meaning} />
    </>
  );
}

function Day({ load, meaning }: { load: (day: string, signal: AbortSignal) => Promise<AuditDay>; meaning: string }) {
  const w = text().audit;
  const f = format();
  const [day, setDay] = useState("");
  const page = useLoad(`audit ${day}`, (signal) => load(day, signal));
  const shown = page.value?.day ?? day;
  const last = today(now.value);
  const step = (days: number) => {
    const at = new Date(`${shown}T12:00:00Z`);
    at.setUTCDate(at.getUTCDate() + days);
    setDay(at.toISOString().slice(0, 10));
  };
  return (
    <div class="stack audit-cards">
      {page.value?.state && <State state={page.value.state} />}
      <Card class="audit" title={shown ? f.fullDay(shown) : w.title}>
        <p class="soft">{meaning}</p>
        <div class="row audit-day no-print">
          <DateField label={w.day} value={shown} onValue={(value) => value && setDay(value)} max={last} />
          <Button tone="quiet" icon="left" disabled={!shown} onClick={() => step(-1)}>
            {w.before}
          </Button>
          <Button tone="quiet" icon="right" disabled={!shown || shown >= last} onClick={() => step(1)}>
            {w.after}
          </Button>
        </div>
        <Failure error={page.error} onRetry={page.reload} />
        {page.loading && !page.value && <Skeleton lines={4} />}
        {page.value && page.value.items.length === 0 && <Empty icon="eye" title={w.nobody} />}
        <ul class="lines">
          {page.value?.items.map((line, i) => (
            <Line key={i} line={line} />
          ))}
        </ul>
      </Card>
    </div>
  );
}

function Line({ line }: { line: DayLine }) {
  const w = text().audit;
  const f = format();
  const { who } = line;
  const groups = grouped(line.actions);
  return (
    <li class="line audit-line">
      <div class="grow">
        <p>
          <strong>{who.name ?? w.by_links}</strong>
          {who.profession && <span class="soft">, {who.profession}</span>}
        </p>
        {who.structures && who.structures.length > 0 && <p class="soft small">{who.structures.join(", ")}</p>}
        <p class="small">
          {groups.map(([group, times]) => w.groups[group](times)).join(", ")}
        </p>
      </div>
      <span class="line-tags">
        {groups.some(([group]) => group === "emergency") && (
          <Tag tone="wait" icon="shield">
            {w.emergency}
          </Tag>
        )}
        {line.patients > 0 && <Tag icon="people">{w.patients(line.patients)}</Tag>}
        <span class="soft small audit-hours">{w.from_until(f.time(line.first_at), f.time(line.last_at))}</span>
      </span>
    </li>
  );
}

function State({ state }: { state: NonNullable<AuditDay["state"]> }) {
  const w = text().audit;
  const f = format();
  const newest = state.chains.map((chain) => chain.last_at).sort().at(-1);
  return (
    <Card title={w.chains} class="audit-proof">
      {state.checkpoints_failing ? <Notice tone="bad">{w.checkpoints_failing}</Notice> : <Notice tone="good">{w.checkpoints_written}</Notice>}
      <p>{w.chains_line(state.rows, state.chains.length, newest ? f.longDateTime(newest) : "")}</p>
      <p class="soft small">
        {w.verify} <code>teleloire audit verify</code>
      </p>
    </Card>
  );
}
