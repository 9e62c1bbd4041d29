// What the page is about to do wants a fresh proof: asked for in its place, and then it goes on.
import type { Me } from "../api/types.ts";
import { me, stepUp, take } from "../app/session.ts";
import { text } from "../text/index.ts";
import { Dialog } from "./Dialog.tsx";
import { GiveCode } from "./GiveCode.tsx";
import { PscElsewhere } from "./PscElsewhere.tsx";

export function StepUp() {
  const asked = stepUp.value;
  const t = text().factor.step_up;
  if (!asked) return null;
  const given = (who: Me) => {
    if (who.person.id === me.value?.person.id) take(who);
    asked.done(true);
  };
  return (
    <Dialog title={t.title} onClose={() => asked.done(false)}>
      <p>{asked.wanted.enrolled ? t.lead(asked.wanted.minutes) : t.provider(asked.wanted.minutes)}</p>
      {asked.wanted.enrolled ? <GiveCode demoCode={asked.wanted.demo_code} onGiven={given} /> : <PscElsewhere onBack={given} />}
    </Dialog>
  );
}
