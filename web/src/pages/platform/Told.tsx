// What another part of the server has to tell the operator; where it has nothing of the kind, no card.
import { call, Problem } from "../../api/http.ts";
import type { Told as Answer } from "../../api/platform.ts";
import { useLoad } from "../../app/hooks.ts";
import { Card } from "../../components/Bits.tsx";
import { Failure } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";

const MOST = 12;

export function Told({ path, title }: { path: string; title: string }) {
  const told = useLoad(path, (signal) => call<Answer>("GET", path, { signal }));
  if (told.error instanceof Problem && [403, 404, 405].includes(told.error.status)) return null;
  if (!told.value && !told.error) return null;
  const items = Array.isArray(told.value?.items) ? told.value.items : [];
  return (
    <Card title={title}>
      <Failure error={told.error} onRetry={told.reload} />
      {told.value && items.length === 0 && <p class="soft">{text().platform.told_none}</p>}
      <ul class="lines">
        {items.slice(0, MOST).map((item, i) => (
          <li key={i} class="line">
            <span class="line-who">{lineOf(item)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The values of an item in a line; times as people read them. */
function lineOf(item: Record<string, unknown>): string {
  const f = format();
  return Object.entries(item)
    .filter(([name, value]) => name !== "id" && (typeof value === "string" || typeof value === "number"))
    .map(([, value]) => (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? f.dateTime(value) : String(value)))
    .join(", ");
}
