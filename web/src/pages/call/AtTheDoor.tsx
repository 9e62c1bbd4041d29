// Who waits, above the stage, with the one button: letting a patient in never hides in a panel.
import type { CallSession } from "../../call/session.ts";
import { Button } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { text } from "../../text/index.ts";

const SHOWN = 2; // more stand in the panel, whose button has the count

export function AtTheDoor({ call }: { call: CallSession }) {
  const t = text().call;
  if (!call.may("admit")) return null;
  const waiting = call.roster.value.filter((s) => s.state === "waiting" && s.participant !== call.you.value?.participant);
  return (
    <>
      {waiting.slice(0, SHOWN).map((s) => (
        <p class="banner-line banner-door" key={s.participant}>
          <Icon name="door" /> <span class="grow">{t.waits(s.name)}</span>
          <Button size="s" tone="wait" onClick={() => call.admit(s.participant)}>
            {t.admit}
          </Button>
        </p>
      ))}
    </>
  );
}
