import { useState } from "preact/hooks";
import { pscAddress, session } from "../../api/calls.ts";
import { Problem } from "../../api/http.ts";
import { useAction, useTitle } from "../../app/hooks.ts";
import { navigate, place } from "../../app/router.ts";
import { about, half, isWhole, leaveHalf, takeSignedIn } from "../../app/session.ts";
import type { HalfMe, Me } from "../../api/types.ts";
import { Button, IconButton, LinkButton } from "../../components/Button.tsx";
import { Enrol } from "../../components/Enrol.tsx";
import { TextField } from "../../components/Field.tsx";
import { GiveCode } from "../../components/GiveCode.tsx";
import { Entrance } from "../../components/Entrance.tsx";
import { Failure, Notice } from "../../components/Notice.tsx";
import { text } from "../../text/index.ts";
import "./SignInPage.css";

/** Only a path of ours may follow a sign-in. */
function safeReturn(): string {
  const wanted = place.value.query.get("retour") ?? "/";
  return wanted.startsWith("/") && !wanted.startsWith("//") && !wanted.startsWith("/connexion") ? wanted : "/";
}

/** How a sign-in by Pro Santé Connect ended, when it did not let one in. */
function PscFailure() {
  const t = text().psc;
  const words = { refused: t.refused, unknown: t.unknown, away: t.away, failed: t.failed };
  const how = place.value.query.get("psc");
  if (!how) return null;
  const known = Object.hasOwn(words, how) ? words[how as keyof typeof words] : t.failed;
  return <Notice tone={how === "refused" || how === "away" ? "wait" : "bad"}>{known}</Notice>;
}

async function signedIn(me: Me): Promise<void> {
  const to = safeReturn();
  await takeSignedIn(me);
  await navigate(to, { replace: true });
}

export function SignInPage() {
  const missing = half.value;
  if (!missing) return <PasswordForm />;
  return (
    <Entrance>
      <SecondFactor half={missing} />
    </Entrance>
  );
}

/** The password was right: a code, or for a first time the choice of what gives it. */
function SecondFactor({ half: of }: { half: HalfMe }) {
  const t = text();
  const [first] = useState(of.missing === "enrol");
  const [confirmed, setConfirmed] = useState(false);
  useTitle(first ? t.factor.enrol.title : t.factor.give.title);
  return (
    <div class={`signin-form stack ${first ? "signin-enrol" : ""}`}>
      <div>
        <h1 tabIndex={-1}>{first ? t.factor.enrol.title : t.factor.give.title}</h1>
        <p class="page-lead">{first ? t.factor.enrol.lead : t.factor.give.lead(of.name)}</p>
      </div>
      {first ? (
        <Enrol offersToRemember onConfirmed={() => setConfirmed(true)} onDone={(me) => void signedIn(me)} />
      ) : (
        <GiveCode offersToRemember demoCode={of.demo_code} onGiven={(me) => void signedIn(me)} />
      )}
      {!first && <p class="soft small">{t.factor.give.lost}</p>}
      {!confirmed && (
        <div>
          <Button tone="quiet" onClick={() => void leaveHalf()}>
            {t.factor.give.cancel}
          </Button>
        </div>
      )}
    </div>
  );
}

function PasswordForm() {
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
    if (isWhole(answer.me)) await signedIn(answer.me);
  };

  const failed = action.error instanceof Problem ? action.error : null;
  const known =
    failed?.status === 401 ? t.signin.wrong : failed?.code === "locked" || failed?.status === 429 ? t.signin.locked : null;

  return (
    <Entrance>
      <form class="signin-form stack" onSubmit={submit} noValidate>
        <div>
          <h1 tabIndex={-1}>{t.signin.title}</h1>
          <p class="page-lead">{t.signin.lead}</p>
        </div>
        {about.value?.psc && (
          <>
            <PscFailure />
            <LinkButton tone="primary" size="l" href={pscAddress(safeReturn())}>
              {t.psc.sign_in}
            </LinkButton>
            <p class="signin-or soft small">{t.psc.or}</p>
          </>
        )}
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
        <Button tone={about.value?.psc ? "plain" : "primary"} size="l" type="submit" busy={action.running !== null}>
          {t.signin.submit}
        </Button>
        {about.value?.demo && <p class="soft small">{t.signin.demo}</p>}
      </form>
      <p class="signin-patient soft small">{t.signin.patient}</p>
    </Entrance>
  );
}
