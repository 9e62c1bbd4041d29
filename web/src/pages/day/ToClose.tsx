// What waits for a report: a second card in the waiting tint.
import type { ActShort } from "../../api/types.ts";
import { now } from "../../app/hooks.ts";
import { Card } from "../../components/Bits.tsx";
import { LinkButton } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { format, text } from "../../text/index.ts";

export function ToClose({ items }: { items: ActShort[] }) {
  const t = text().day;
  const f = format();
  if (items.length === 0) {
    return (
      <Card>
        <p class="all-closed">
          <Icon name="check" /> {t.all_closed}
        </p>
      </Card>
    );
  }
  return (
    <Card tone="wait" title={t.to_close} count={items.length}>
      <p class="small">{t.to_close_text}</p>
      <ul class="to-close">
        {items.map((act) => (
          <li key={act.id}>
            <div class="grow">
              <a class="to-close-name" href={`/actes/${act.id}`}>
                {act.patient.display_name}
              </a>
              <p class="small">
                <time dateTime={act.starts_at} title={f.longDateTime(act.starts_at)}>
                  {f.relative(act.starts_at, now.value)} · {f.dateTime(act.starts_at)}
                </time>
              </p>
            </div>
            <LinkButton tone="wait" size="s" href={`/actes/${act.id}/cloture`} aria-label={`${t.close_act} : ${act.patient.display_name}`}>
              {t.close_act}
            </LinkButton>
          </li>
        ))}
      </ul>
    </Card>
  );
}
