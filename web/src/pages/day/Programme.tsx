// The day by time; each row opens its act, its menu does the rest.
import { useState } from "preact/hooks";
import type { ActShort } from "../../api/types.ts";
import { now } from "../../app/hooks.ts";
import { navigate } from "../../app/router.ts";
import { isClinical } from "../../app/session.ts";
import { Holder, PatientLine, StatePill } from "../../components/Bits.tsx";
import { Menu, type MenuItem } from "../../components/Menu.tsx";
import { format, text } from "../../text/index.ts";
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

export function Programme({ items, onChange }: { items: ActShort[]; onChange: () => void }) {
  const t = text();
  const f = format();
  const [doing, setDoing] = useState<{ act: ActShort; name: ActionName } | null>(null);
  return (
    <>
      <ol class="programme">
        {items.map((act) => {
          const past = act.state === "closed" || act.state === "not_done" || act.state === "amended";
          const late = act.state === "planned" && new Date(act.starts_at).getTime() < now.value - 60_000;
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
                    {late ? t.day.overdue(f.minutes(Math.floor((now.value - new Date(act.starts_at).getTime()) / 60_000))) : act.invitation ? t.invitation[act.invitation.state] : t.invitation.none}
                  </span>
                )}
              </div>
              <Menu
                label={`${t.app.more} : ${act.patient.display_name}`}
                items={itemsFor(act, (name) => setDoing({ act, name }))}
              />
            </li>
          );
        })}
      </ol>
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
