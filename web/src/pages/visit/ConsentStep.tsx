// Consent in plain words; a refusal is recorded too, and can be taken back.
import { useState } from "preact/hooks";
import { visit as api } from "../../api/calls.ts";
import type { Visit } from "../../api/types.ts";
import { useAction } from "../../app/hooks.ts";
import { Button } from "../../components/Button.tsx";
import { Choice } from "../../components/Field.tsx";
import { InterestList } from "../../components/InterestList.tsx";
import { Failure } from "../../components/Notice.tsx";
import { text } from "../../text/index.ts";
import { CallStructure } from "./CallStructure.tsx";
import { VisitFrame } from "./VisitFrame.tsx";

export function ConsentStep({ visit, onVisit }: { visit: Visit; onVisit: (visit: Visit) => void }) {
  const t = text().visit;
  const i = text().interests;
  const [by, setBy] = useState<"patient" | "helper">(visit.you.role === "patient" ? "patient" : "helper");
  const [again, setAgain] = useState(false);
  const action = useAction();
  const answer = (given: boolean) =>
    action.run(given ? "yes" : "no", async () => {
      onVisit(await api.consent(given, by, visit.consent.text_version));
      setAgain(false);
    });
  if (visit.consent.given === false && !again) {
    return (
      <VisitFrame step={1} icon="info">
        <h1 tabIndex={-1}>{t.refused_title}</h1>
        <p class="visit-lead">{t.refused_text}</p>
        <Button size="l" onClick={() => setAgain(true)}>
          {t.refused_back}
        </Button>
        <CallStructure phone={visit.structure_phone} />
      </VisitFrame>
    );
  }
  return (
    <VisitFrame step={1}>
      <p class="visit-who">
        <strong>{visit.professional}</strong>
        <span>{visit.structure}</span>
      </p>
      <h1 tabIndex={-1}>{t.consent_title}</h1>
      <section class="visit-consent" aria-label={t.consent_read}>
        <h2>{visit.consent.text.title}</h2>
        {visit.consent.text.paragraphs.map((p, n) => (
          <p key={n}>{p}</p>
        ))}
        <details>
          <summary>{t.consent_more}</summary>
          {visit.consent.text.more.map((p, n) => (
            <p key={n}>{p}</p>
          ))}
        </details>
        {visit.interests && (
          <div class="visit-interests">
            <h3>{i.patient_title}</h3>
            <p>{visit.interests.links.length ? i.patient_some : i.patient_none}</p>
            {visit.interests.links.length > 0 && <InterestList links={visit.interests.links} />}
          </div>
        )}
      </section>
      <Choice
        legend={t.consent_who}
        value={by}
        onValue={setBy}
        options={[
          { value: "patient", label: t.consent_patient },
          { value: "helper", label: t.consent_helper },
        ]}
      />
      <Failure error={action.error} />
      <div class="visit-answers">
        <Button tone="primary" size="l" icon="check" busy={action.running === "yes"} onClick={() => void answer(true)}>
          {t.consent_yes}
        </Button>
        <Button size="l" busy={action.running === "no"} onClick={() => void answer(false)}>
          {t.consent_no}
        </Button>
      </div>
    </VisitFrame>
  );
}
