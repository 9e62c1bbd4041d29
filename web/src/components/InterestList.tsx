import type { InterestLink } from "../api/types.ts";
import { text } from "../text/index.ts";

export function InterestList({ links }: { links: InterestLink[] }) {
  const t = text().interests;
  return (
    <ul class="plain-list">
      {links.map((l, i) => (
        <li key={i}>{t.line(l.organisation, l.nature, l.since_year)}</li>
      ))}
    </ul>
  );
}
