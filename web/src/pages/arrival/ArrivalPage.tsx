// The link of an invitation: choose a password and arrive, or sign in with the account one has.
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../../api/http.ts";
import { type Arrival, arrivals } from "../../api/people.ts";
import { useAction, useTitle } from "../../app/hooks.ts";
import { navigate } from "../../app/router.ts";
import { findOut, isWhole, me, take } from "../../app/session.ts";
import { Empty, Skeleton } from "../../components/Bits.tsx";
import { Button, IconButton, LinkButton } from "../../components/Button.tsx";
import { TextField } from "../../components/Field.tsx";
import { Entrance } from "../../components/Entrance.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { setLanguage, text } from "../../text/index.ts";
import "../signin/SignInPage.css";

const LEAST = 12;
const KEPT = "teleloire.arrival";

/** In the fragment, which no server sees; kept over the sign-in that may come between. */
function takeToken(): string {
  const token = location.hash.slice(1);
  if (token) {
    sessionStorage.setItem(KEPT, token);
    history.replaceState(history.state, "", location.pathname);
    return token;
  }
  return sessionStorage.getItem(KEPT) ?? "";
}

export function ArrivalPage() {
  const t = text();
  const w = t.arrival;
  const [token] = useState(takeToken);
  const [arrival, setArrival] = useState<Arrival | "missing" | null>(null);
  const [error, setError] = useState<unknown>(null);
  useTitle(w.title);
  const open = () => {
    setError(null);
    if (!token) return setArrival("missing");
    arrivals.open(token).then(
      (answer) => {
        setLanguage(answer.language, false);
        setArrival(answer);
      },
      (failure) => (failure instanceof Problem && failure.status === 404 ? setArrival("missing") : setError(failure)),
    );
  };
  useEffect(open, [token]);
  useEffect(() => {
    if (me.value === undefined) void findOut();
  }, []);
  const dead = arrival === "missing" ? "missing" : arrival && arrival.state !== "open" ? arrival.state : null;
  return (
    <Entrance>
      {error ? <Failure error={error} onRetry={open} /> : null}
      {!arrival && !error && <Skeleton lines={3} />}
      {dead && (
        <div class="signin-form">
          <h1 tabIndex={-1} class="visually-hidden">
            {w.title}
          </h1>
          <Empty icon="gone" title={w.states[dead]}>
            <p>{dead === "used" ? w.have_account : token ? w.ask : w.no_token}</p>
            <LinkButton tone="primary" href="/connexion">
              {t.signin.submit}
            </LinkButton>
          </Empty>
        </div>
      )}
      {arrival && arrival !== "missing" && !dead && (arrival.known ? <Join token={token} arrival={arrival} /> : <Choose token={token} arrival={arrival} />)}
    </Entrance>
  );
}

function Head({ arrival }: { arrival: Arrival }) {
  const t = text();
  return (
    <div>
      <h1 tabIndex={-1}>
        {t.arrival.title}
        {arrival.name && `, ${arrival.name}`}
      </h1>
      <p class="page-lead">{t.arrival.lead(arrival.invited_by, arrival.structure)}</p>
      <p class="soft">{t.arrival.as(t.roles[arrival.role] ?? arrival.role)}</p>
    </div>
  );
}

async function arrived(structure: string): Promise<void> {
  sessionStorage.removeItem(KEPT);
  say(text().arrival.joined(structure));
  await navigate("/", { replace: true });
}

function Choose({ token, arrival }: { token: string; arrival: Arrival }) {
  const t = text();
  const w = t.arrival;
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [tried, setTried] = useState(false);
  const action = useAction();
  const short = [...password].length < LEAST;
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (short) return;
    const answer = await action.run("accept", () => arrivals.accept(token, password));
    if (!answer) return;
    if (!isWhole(answer.me)) {
      sessionStorage.removeItem(KEPT);
      say(w.joined(arrival.structure));
      await navigate("/connexion", { replace: true }); // where the second factor is chosen
      return;
    }
    take(answer.me);
    await arrived(arrival.structure);
  };
  return (
    <form class="signin-form stack" noValidate onSubmit={submit}>
      <Head arrival={arrival} />
      <Failure error={action.error} />
      <div class="field">
        <label for="arrival-login">{w.login}</label>
        <input id="arrival-login" type="text" name="login" autocomplete="username" readOnly value={arrival.login ?? ""} />
      </div>
      <div class="signin-password">
        <TextField
          label={w.password}
          hint={w.password_hint}
          type={shown ? "text" : "password"}
          name="password"
          autocomplete="new-password"
          value={password}
          onValue={setPassword}
          maxLength={200}
          required
          error={tried && short ? w.too_short : null}
        />
        <IconButton icon="eye" label={shown ? t.signin.hide : t.signin.show} aria-pressed={shown} onClick={() => setShown(!shown)} />
      </div>
      <Button tone="primary" size="l" type="submit" busy={action.running !== null}>
        {w.go}
      </Button>
    </form>
  );
}

function Join({ token, arrival }: { token: string; arrival: Arrival }) {
  const w = text().arrival;
  const action = useAction();
  const who = me.value;
  const join = async () => {
    const answer = await action.run("join", () => arrivals.join(token));
    if (!answer) return;
    take(answer);
    await arrived(arrival.structure);
  };
  return (
    <div class="signin-form stack">
      <Head arrival={arrival} />
      <Failure error={action.error} />
      {who ? (
        <>
          {action.error instanceof Problem && action.error.status === 403 && <Notice tone="wait">{w.other(who.person.display_name)}</Notice>}
          <Button tone="primary" size="l" busy={action.running !== null} onClick={() => void join()}>
            {w.accept(arrival.structure)}
          </Button>
        </>
      ) : (
        <>
          <p>{w.known}</p>
          <LinkButton tone="primary" size="l" href="/connexion?retour=%2Farrivee">
            {w.sign_in}
          </LinkButton>
        </>
      )}
    </div>
  );
}
