// Who is here and who waits; what a host may do for each.
import { useState } from "preact/hooks";
import type { Act } from "../../api/types.ts";
import type { CallSession } from "../../call/session.ts";
import type { Seat } from "../../call/messages.ts";
import { Initials } from "../../components/Bits.tsx";
import { Button, IconButton } from "../../components/Button.tsx";
import { CheckField } from "../../components/Field.tsx";
import { Icon } from "../../components/Icon.tsx";
import { text } from "../../text/index.ts";
import { ActionDialog } from "../act/ActionDialog.tsx";
import { Quality } from "./Quality.tsx";
import "./Panel.css";

export function People({ call, act, onClose }: { call: CallSession; act?: Act; onClose: () => void }) {
  const t = text();
  const [inviting, setInviting] = useState(false);
  const me = call.you.value?.participant;
  const seats = call.roster.value;
  const waiting = seats.filter((s) => s.state === "waiting");
  const here = seats.filter((s) => s.state !== "waiting");
  const host = call.may("admit");
  return (
    <aside class="panel" aria-label={t.call.people}>
      <div class="panel-head">
        <h2>{t.call.people}</h2>
        <IconButton icon="cross" label={t.call.close_panel} onClick={onClose} />
      </div>
      <div class="panel-body">
        {host && (
          <section class={`waiting ${waiting.length ? "waiting-some" : ""}`}>
            <h3>{t.call.waiting_room}</h3>
            {waiting.length === 0 && <p class="small">{t.call.waiting_nobody}</p>}
            <ul>
              {waiting.map((s) => (
                <li key={s.participant}>
                  <Initials name={s.name} size="s" />
                  <span class="grow">
                    <span class="people-name">{s.name}</span>
                    <span class="small">{t.roles[s.role] ?? s.title}</span>
                  </span>
                  <span class="row">
                    <Button size="s" tone="wait" onClick={() => call.admit(s.participant)}>
                      {t.call.admit}
                    </Button>
                    <Button size="s" tone="quiet" onClick={() => call.refuse(s.participant)}>
                      {t.call.refuse}
                    </Button>
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )}
        <ul class="people">
          {here.map((s) => (
            <Person key={s.participant} call={call} seat={s} mine={s.participant === me} />
          ))}
        </ul>
        {act?.may.includes("invite") && (
          <Button icon="person_plus" onClick={() => setInviting(true)}>
            {t.act.invite}
          </Button>
        )}
      </div>
      {inviting && act && (
        <ActionDialog act={act} name="invite" onClose={() => setInviting(false)} onDone={() => setInviting(false)} />
      )}
    </aside>
  );
}

function Person({ call, seat, mine }: { call: CallSession; seat: Seat; mine: boolean }) {
  const t = text();
  const silenced = seat.muted.includes("microphone");
  const link = call.links.value.find((l) => l.participant === seat.participant) ?? null;
  const patient = seat.role === "patient";
  return (
    <li>
      <div class="people-row">
        <Initials name={seat.name} size="s" />
        <span class="grow">
          <span class="people-name">
            {seat.name} {mine && <span class="soft">({t.call.you})</span>}
          </span>
          <span class="soft small people-line">
            {t.roles[seat.role] ?? seat.title}
            {seat.state === "away" && `, ${t.call.away}`}
            {seat.hand && (
              <>
                , <Icon name="hand" size={16} /> {t.call.hand}
              </>
            )}
          </span>
        </span>
        <Quality grade={seat.quality ?? link?.grade ?? null} link={link} />
      </div>
      {patient && !mine && call.you.value?.role === "host" && (
        <CheckField
          label={t.call.identity}
          checked={seat.identity_checked}
          onChecked={(checked) => call.identity(seat.participant, checked)}
        />
      )}
      {!mine && (call.may("mute") || call.may("remove")) && (
        <div class="row people-tools">
          {call.may("mute") && (
            <Button
              size="s"
              tone="quiet"
              icon={silenced ? "micro" : "micro_off"}
              onClick={() => call.mute(seat.participant, "microphone", !silenced)}
            >
              {silenced ? t.call.unmute : t.call.mute}
            </Button>
          )}
          {call.may("remove") && (
            <Button size="s" tone="quiet" icon="out" onClick={() => call.remove(seat.participant)}>
              {t.call.remove}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}
