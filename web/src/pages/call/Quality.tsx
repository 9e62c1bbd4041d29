// The quality of a link: bars, and words for whoever does not read bars.
import type { Grade, LinkQuality } from "../../call/messages.ts";
import { Bars } from "../../components/Icon.tsx";
import { text } from "../../text/index.ts";

const levels: Record<Grade, 0 | 1 | 2 | 3> = { lost: 0, poor: 1, fair: 2, good: 3 };

export function Quality({ grade, link }: { grade: Grade | null; link: LinkQuality | null }) {
  if (!grade) return null;
  const t = text().call;
  const detail = link && link.rtt_ms !== null ? t.quality_detail(Math.round(link.rtt_ms), Math.round(100 * (link.up?.loss ?? 0)), link.down?.estimate_kbps ?? null) : "";
  return (
    <span class={`quality quality-${grade}`} title={detail}>
      <Bars level={levels[grade]} />
      <span class="quality-words">{t.quality[grade]}</span>
    </span>
  );
}
