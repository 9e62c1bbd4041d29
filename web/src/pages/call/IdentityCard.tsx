// Once the patient is in: who the file says they are, to compare with the
// face and the paper held up. Ticked, it goes; put aside, the list has it.
import { useState } from "preact/hooks";
import { patients } from "../../api/calls.ts";
import type { Act } from "../../api/types.ts";
import { useLoad } from "../../app/hooks.ts";
import type { CallSession } from "../../call/session.ts";
import { Button, IconButton } from "../../components/Button.tsx";
import { Failure } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import "./IdentityCard.css";

export function IdentityCard({ call, act }: { call: CallSession; act: Act }) {
  const [aside, setAside] = useState("");
  const seat = call.roster.value.find((s) => s.role === "patient" && s.state === "in");
  const host = call.you.value?.role === "host";
  if (!host || !seat || seat.identity_checked || aside === seat.participant) return null;
  return (
    <Card
      patient={act.patient.id}
      onChecked={() => call.identity(seat.participant, true)}
      onAside={() => setAside(seat.participant)}
    />
  );
}

function Card({ patient, onChecked, onAside }: { patient: string; onChecked: () => void; onAside: () => void }) {
  const t = text();
  const load = useLoad(patient, () => patients.get(patient));
  const traits = load.value;
  return (
    <aside class="identity" aria-label={t.call.identity_title}>
      <div class="identity-head">
        <h2>{t.call.identity_title}</h2>
        <IconButton icon="cross" label={t.call.later} onClick={onAside} />
      </div>
      <Failure error={load.error} onRetry={load.reload} />
      {traits && (
        <>
          <dl>
            <div>
              <dt>{t.patient.birth_name}</dt>
              <dd>{traits.birth_name}</dd>
            </div>
            <div>
              <dt>{t.patient.first_names}</dt>
              <dd>{traits.first_names}</dd>
            </div>
            <div>
              <dt>{t.patient.birth_date}</dt>
              <dd>{format().civil(traits.birth_date)}</dd>
            </div>
            <div>
              <dt>{t.patient.sex}</dt>
              <dd>{t.sex[traits.sex]}</dd>
            </div>
          </dl>
          <Button tone="primary" icon="check" onClick={onChecked}>
            {t.call.identity_ok}
          </Button>
        </>
      )}
    </aside>
  );
}
