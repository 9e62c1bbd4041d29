import { useEffect } from "preact/hooks";
import { type Health, platform } from "../../api/platform.ts";
import { now, useLoad } from "../../app/hooks.ts";
import { Card, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { Failure, Notice } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import { worries } from "./health.ts";

const EVERY_MS = 15_000;

export function HealthCard() {
  const t = text();
  const w = t.platform;
  const health = useLoad("health", (signal) => platform.health(signal));
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && health.reload(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Card
      title={w.health}
      aside={
        <Button size="s" tone="quiet" icon="refresh" onClick={health.reload}>
          {w.refresh}
        </Button>
      }
    >
      <Failure error={health.error} onRetry={health.reload} />
      {!health.value && !health.error && <Skeleton lines={5} />}
      {health.value && <Facts health={health.value} />}
    </Card>
  );
}

function Facts({ health }: { health: Health }) {
  const t = text();
  const w = t.platform;
  const f = format();
  const { database, outbox, processes: p } = health;
  const asks = worries(health);
  const said = { not_ready: w.not_ready, dead: w.warn_dead, late: w.warn_late, events: w.warn_events };
  const rows: [string, preact.ComponentChild][] = [
    [w.version, health.version],
    ...(p ? ([[w.up, f.relative(now.value - p.up_s * 1000, now.value)], [w.sessions, f.number(p.sessions)]] as [string, string][]) : []),
    [w.database, database ? w.database_line(database.version, f.size(database.size_bytes), database.connections, database.connections_most) : w.away],
    ...(outbox
      ? ([
          [
            w.outbox,
            [
              w.outbox_line(outbox.waiting, outbox.late),
              outbox.oldest && outbox.late ? w.oldest(f.relative(outbox.oldest, now.value)) : "",
              outbox.dead ? w.outbox_dead(outbox.dead) : "",
            ]
              .filter(Boolean)
              .join(", "),
          ],
        ] as [string, string][])
      : []),
    ...(p
      ? ([
          [
            w.journal,
            [w.journal_line(p.journal_events), p.stalled_events ? w.stalled(p.stalled_events) : "", p.refused_events ? w.refused(p.refused_events) : ""]
              .filter(Boolean)
              .join(", "),
          ],
        ] as [string, string][])
      : []),
  ];
  return (
    <div class="stack">
      {asks.length === 0 && p ? <Notice tone="good">{w.ready}</Notice> : null}
      {asks.map((word) => (
        <Notice key={word} tone={word === "not_ready" ? "bad" : "wait"}>
          {said[word]}
        </Notice>
      ))}
      <dl class="health">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>{w.processes}</h3>
      {!p && <p class="soft">{w.processes_unknown}</p>}
      <ul class="lines">
        {[...(p?.list ?? [])].sort((a, b) => a.role.localeCompare(b.role) || a.index - b.index).map((one) => (
          <li key={one.role + one.index} class="line">
            <span class="line-who line-name">
              {w.roles[one.role] ?? one.role} {one.index}
            </span>
            <span class="line-tags">
              {one.restarts > 0 && <Tag tone="wait">{w.restarts(one.restarts)}</Tag>}
              <Tag tone={one.up && one.answers ? "good" : "bad"}>{!one.up ? w.down : one.answers ? w.answers : w.silent}</Tag>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
