// The day by time; each row opens its act, its menu does the rest.
import { useState } from "preact/hooks";
import type { ActShort } from "../../api/types.ts";
import { now } from "../../app/hooks.ts";
import { navigate } from "../../app/router.ts";
import { isClinical } from "../../app/session.ts";
import { Holder, PatientLine, StatePill } from "../../components/Bits.tsx";
import { Menu, type MenuItem } from "../../components/Menu.tsx";
import { format, text } from "../../text/index.ts";
import { isPast, minutesLate } from "./time.ts";
import { ActionDialog, type ActionName } from "../act/ActionDialog.tsx";

function itemsFor(act: ActShort, open: (name: ActionName) => void): MenuItem[] {
  const t = text().act;
  if (act.state === "planned" || act.state === "waiting") {
    const join: MenuItem = { label: t.join, icon: "door", act: () => void navigate(`/appel/${act.id}`) };
    return [
      ...(isClinical.value ? [join] : []),
      { label: t.reschedule, icon: "calendar", act: () => open("reschedule") },
      { label: t.remind, icon: "bell", act: () => open("remind") },
      { label: t.renew, icon: "link", act: () => open("renew_link") },
      { label: t.hand_over, icon: "swap", act: () => open("hand_over") },
      { label: t.cancel, icon: "gone", act: () => open("cancel"), danger: true },
    ];
  }
  if (act.state === "to_close" && isClinical.value) {
    return [{ label: t.close, icon: "pencil", act: () => void navigate(`/actes/${act.id}/cloture`) }];
  }
  return [];
}

export function Programme({ items, folds, onChange }: { items: ActShort[]; folds: boolean; onChange: () => void }) {
  const t = text();
  const f = format();
  const [doing, setDoing] = useState<{ act: ActShort; name: ActionName } | null>(null);
  const row = (act: ActShort) => {
    const past = isPast(act);
    const late = minutesLate(act, now.value);
    return (
      <li key={act.id} class={past ? "programme-past" : ""}>
        <time class="programme-time" dateTime={act.starts_at}>
          {f.time(act.starts_at)}
          <span class="soft small">{f.minutes(act.duration_min)}</span>
        </time>
        <div class="grow">
          <a class="programme-name" href={`/actes/${act.id}`}>
            {act.patient.display_name}
          </a>
          <p class="small">
            <PatientLine patient={act.patient} />
          </p>
          {act.reason && <p class="small programme-reason">{act.reason}</p>}
          <Holder act={act} />
        </div>
        <div class="programme-state">
          <StatePill state={act.state} />
          {act.state === "planned" && (
            <span class={`small ${late ? "programme-late" : "soft"}`}>
              {late ? t.day.overdue(f.minutes(late)) : act.invitation ? t.invitation[act.invitation.state] : t.invitation.none}
            </span>
          )}
        </div>
        <Menu
          label={`${t.app.more} : ${act.patient.display_name}`}
          items={itemsFor(act, (name) => setDoing({ act, name }))}
        />
      </li>
    );
  };
  // By midday the morning is folded: the list opens on what is still to come.
  const past = folds ? items.filter(isPast) : [];
  const rest = folds ? items.filter((act) => !isPast(act)) : items;
  return (
    <>
      {past.length > 0 && (
        <details class="programme-earlier" open={rest.length === 0}>
          <summary>{t.day.earlier(past.length)}</summary>
          <ol class="programme">{past.map(row)}</ol>
        </details>
      )}
      {rest.length > 0 && <ol class="programme">{rest.map(row)}</ol>}
      {doing && (
        <ActionDialog
          act={doing.act}
          name={doing.name}
          onClose={() => setDoing(null)}
          onDone={() => {
            setDoing(null);
            onChange();
          }}
        />
      )}
    </>
  );
}
