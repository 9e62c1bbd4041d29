// A code of the second factor: at sign-in, after a session that ended, before what wants a fresh proof.
import { useState } from "preact/hooks";
import { factor } from "../api/factor.ts";
import { Problem } from "../api/http.ts";
import type { Me } from "../api/types.ts";
import { useAction } from "../app/hooks.ts";
import { half } from "../app/session.ts";
import { text } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { CheckField, TextField } from "./Field.tsx";
import { Failure, Notice } from "./Notice.tsx";
import "./Factor.css";

interface Props {
  onGiven: (me: Me) => void;
  /** Offers to remember the device. */
  offersToRemember?: boolean;
  /** Of a demo account: what its application would show; empty: nothing new yet. */
  demoCode?: string;
}

export function GiveCode({ onGiven, offersToRemember, demoCode }: Props) {
  const t = text().factor.give;
  const [code, setCode] = useState("");
  const [recovery, setRecovery] = useState(false);
  const [remember, setRemember] = useState(false);
  const [tried, setTried] = useState(false);
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    const given = recovery ? code.trim() : code.replace(/\s/g, "");
    if (given.length < 6) return;
    const answer = await action.run("code", () => factor.give(given, remember));
    if (answer) onGiven(answer.me);
    else setCode("");
  };
  const wrong = action.error instanceof Problem && action.error.code === "code" ? action.error.message : null;
  return (
    <form class="stack" onSubmit={submit} noValidate>
      {wrong ? <Notice tone="bad">{wrong}</Notice> : <Failure error={action.error} />}
      {recovery ? (
        <TextField key="recovery" label={t.recovery} hint={t.recovery_hint} value={code} onValue={setCode} name="recovery-code" autocapitalize="none"
          autocomplete="off" spellcheck={false} maxLength={20} required error={tried && !code ? t.required : null} />
      ) : (
        <TextField key="code" label={t.code} value={code} onValue={setCode} name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={7}
          class="factor-code" required error={tried && !code && !wrong ? t.required : null} />
      )}
      {demoCode !== undefined && !recovery && <DemoCode code={demoCode} />}
      {offersToRemember && <CheckField label={t.remember} hint={t.remember_hint} checked={remember} onChecked={setRemember} />}
      <div class="factor-actions">
        <Button tone="primary" size="l" type="submit" busy={action.running !== null}>
          {t.submit}
        </Button>
        <Button tone="quiet" onClick={() => (setRecovery(!recovery), setCode(""), setTried(false), action.clear())}>
          {recovery ? t.use_code : t.use_recovery}
        </Button>
      </div>
    </form>
  );
}

/** The demo publishes its passwords, and so its codes. */
function DemoCode({ code }: { code: string }) {
  const t = text().factor.give;
  const next = async () => {
    const answer = await factor.half().catch(() => null);
    if (answer && "missing" in answer) half.value = answer;
  };
  return code ? (
    <p class="soft small demo-code">{t.demo(`${code.slice(0, 3)} ${code.slice(3)}`)}</p>
  ) : (
    <div class="stack-s">
      <p class="soft small">{t.demo_wait}</p>
      {half.value && (
        <div>
          <Button size="s" onClick={() => void next()}>
            {t.demo_next}
          </Button>
        </div>
      )}
    </div>
  );
}
