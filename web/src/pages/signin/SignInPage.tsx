import { useState } from "preact/hooks";
import { session } from "../../api/calls.ts";
import { Problem } from "../../api/http.ts";
import { useAction, useTitle } from "../../app/hooks.ts";
import { navigate, place } from "../../app/router.ts";
import { about, takeSignedIn } from "../../app/session.ts";
import { Button, IconButton } from "../../components/Button.tsx";
import { TextField } from "../../components/Field.tsx";
import { LanguageSwitch } from "../../components/LanguageSwitch.tsx";
import { Logo, River } from "../../components/Logo.tsx";
import { Failure, Notice } from "../../components/Notice.tsx";
import { text } from "../../text/index.ts";
import "./SignInPage.css";

/** Only a path of ours may follow a sign-in. */
function safeReturn(): string {
  const wanted = place.value.query.get("retour") ?? "/";
  return wanted.startsWith("/") && !wanted.startsWith("//") && !wanted.startsWith("/connexion") ? wanted : "/";
}

export function SignInPage() {
  const t = text();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [tried, setTried] = useState(false);
  const action = useAction();
  useTitle(t.signin.title);

  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!login || !password) return;
    const answer = await action.run("sign-in", () => session.signIn(login.trim(), password));
    if (!answer) return;
    await takeSignedIn(answer.me);
    await navigate(safeReturn(), { replace: true });
  };

  const failed = action.error instanceof Problem ? action.error : null;
  const known =
    failed?.status === 401 ? t.signin.wrong : failed?.code === "locked" || failed?.status === 429 ? t.signin.locked : null;

  return (
    <div class="signin">
      <aside class="signin-river">
        <River />
        <div class="signin-words">
          <Logo size={44} />
          <p class="signin-promise">{t.signin.promise}</p>
          <p>{t.app.tagline}</p>
        </div>
      </aside>
      <main class="signin-main">
        <div class="signin-top">
          <LanguageSwitch />
        </div>
        <form class="signin-form stack" onSubmit={submit} noValidate>
          <div>
            <h1 tabIndex={-1}>{t.signin.title}</h1>
            <p class="page-lead">{t.signin.lead}</p>
          </div>
          {place.value.query.get("fin") && !action.error ? <Notice>{t.signin.ended}</Notice> : null}
          {known ? <Notice tone="bad">{known}</Notice> : <Failure error={action.error} />}
          <TextField
            label={t.signin.login}
            value={login}
            onValue={setLogin}
            name="login"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            error={tried && !login ? t.signin.required : null}
          />
          <div class="signin-password">
            <TextField
              label={t.signin.password}
              value={password}
              onValue={setPassword}
              type={shown ? "text" : "password"}
              name="password"
              autocomplete="current-password"
              required
              error={tried && !password ? t.signin.required : null}
            />
            <IconButton
              icon="eye"
              label={shown ? t.signin.hide : t.signin.show}
              aria-pressed={shown}
              onClick={() => setShown(!shown)}
            />
          </div>
          <Button tone="primary" size="l" type="submit" busy={action.running !== null}>
            {t.signin.submit}
          </Button>
          {about.value?.demo && <p class="soft small">{t.signin.demo}</p>}
        </form>
        <p class="signin-patient soft small">{t.signin.patient}</p>
      </main>
    </div>
  );
}
