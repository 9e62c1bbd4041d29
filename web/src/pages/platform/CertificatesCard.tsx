// When each certificate of the platform ends, the first to end first.
import { audit, type Certificate } from "../../api/audit.ts";
import { now, useLoad } from "../../app/hooks.ts";
import { Card, Skeleton, Tag } from "../../components/Bits.tsx";
import { Failure, Notice } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";

const DAY_MS = 24 * 3600_000;
/** As /readyz warns: a revocation list is made anew each day, the rest lives months. */
const SOON_MS: Record<Certificate["which"], number> = { web: 14 * DAY_MS, turn: 14 * DAY_MS, "client-authority": 14 * DAY_MS, "client-crl": DAY_MS };

export function CertificatesCard() {
  const w = text().certificates;
  const list = useLoad("certificates", (signal) => audit.certificates(signal));
  const items = [...(list.value?.items ?? [])].sort((a, b) => a.ends_at.localeCompare(b.ends_at));
  return (
    <Card title={w.title}>
      <Failure error={list.error} onRetry={list.reload} />
      {!list.value && !list.error && <Skeleton lines={2} />}
      {list.value?.refused ? <Notice tone="bad">{w.refused(list.value.refused)}</Notice> : null}
      {list.value && items.length === 0 && <p class="soft">{w.none}</p>}
      <ul class="lines">
        {items.map((one) => (
          <Line key={one.which} certificate={one} />
        ))}
      </ul>
    </Card>
  );
}

function Line({ certificate: { which, name, ends_at } }: { certificate: Certificate }) {
  const w = text().certificates;
  const f = format();
  const left = Date.parse(ends_at) - now.value;
  return (
    <li class="line">
      <div class="line-who">
        <p class="line-name">{w.which[which]}</p>
        {name && <p class="soft small">{name}</p>}
        <p class="soft small">{left > 0 ? w.until(f.shortDate(ends_at), f.relative(ends_at, now.value)) : w.ended(f.shortDate(ends_at))}</p>
      </div>
      <span class="line-tags">{left < SOON_MS[which] && <Tag tone={left > 0 ? "wait" : "bad"}>{w.soon}</Tag>}</span>
    </li>
  );
}
