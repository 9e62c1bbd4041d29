// The session ended under unsaved text: sign in again, lose nothing.
import { useState } from "preact/hooks";
import { session } from "../api/calls.ts";
import { Problem } from "../api/http.ts";
import { useAction } from "../app/hooks.ts";
import { about, expired, half, isWhole, me, take } from "../app/session.ts";
import type { Me } from "../api/types.ts";
import { text } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";
import { TextField } from "./Field.tsx";
import { GiveCode } from "./GiveCode.tsx";
import { Failure, Notice } from "./Notice.tsx";
import { PscElsewhere } from "./PscElsewhere.tsx";

export function SignInAgain() {
  if (!expired.value) return null;
  return <Form />;
}

function Form() {
  const t = text();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const answer = await action.run("sign-in", () => session.signIn(login.trim(), password));
    if (answer && isWhole(answer.me)) back(answer.me);
  };
  // Another person may not send this one's text.
  const back = (who: Me) => {
    if (who.person.id !== me.value?.person.id) return;
    take(who);
    expired.value = false;
  };
  const missing = half.value;
  if (missing?.missing === "code")
    return (
      <Dialog title={t.signin.again} onClose={() => {}}>
        <p>{t.factor.give.lead(missing.name)}</p>
        <GiveCode offersToRemember demoCode={missing.demo_code} onGiven={back} />
      </Dialog>
    );
  const wrong = action.error instanceof Problem && action.error.status === 401;
  return (
    <Dialog title={t.signin.again} onClose={() => {}}>
      <form class="stack" onSubmit={submit}>
        <p>{t.signin.again_text}</p>
        {wrong ? <Notice tone="bad">{t.signin.wrong}</Notice> : <Failure error={action.error} />}
        {about.value?.psc && <PscElsewhere onBack={back} />}
        <TextField label={t.signin.login} value={login} onValue={setLogin} autocomplete="username" required />
        <TextField label={t.signin.password} type="password" value={password} onValue={setPassword} autocomplete="current-password" required />
        <DialogActions>
          <Button tone="primary" type="submit" busy={action.running !== null}>
            {t.signin.submit}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
