// A link is opened, a code is asked. Shared by the visit and the documents.
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../../api/http.ts";
import type { Invitation } from "../../api/types.ts";
import { useAction } from "../../app/hooks.ts";
import { Button } from "../../components/Button.tsx";
import { TextField } from "../../components/Field.tsx";
import type { IconName } from "../../components/Icon.tsx";
import { Failure, Notice } from "../../components/Notice.tsx";
import { format, isLanguage, setLanguage, text } from "../../text/index.ts";
import { CallStructure } from "./CallStructure.tsx";
import { VisitFrame } from "./VisitFrame.tsx";

interface CodeApi<T> {
  open(token: string): Promise<Invitation>;
  code(token: string, code: string): Promise<T>;
  newCode(token: string): Promise<void>;
}

type LinkState = Invitation["state"] | "missing";

const icons: Record<LinkState, IconName> = {
  code_needed: "shield",
  code_used: "mail",
  early: "clock",
  expired: "clock",
  locked: "shield",
  ended: "check",
  cancelled: "gone",
  not_held: "gone",
  replaced: "mail",
  elsewhere: "screen",
  missing: "link",
};

/** Where the page can do nothing more and somebody has to be asked. */
const calls = new Set<LinkState>(["expired", "locked", "ended", "cancelled", "not_held"]);

interface Props<T> {
  token: string;
  api: CodeApi<T>;
  stepped?: boolean;
  /** Words for the states of another kind of link. */
  words?: Partial<Record<LinkState, { title: string; text: string }>>;
  onDone: (value: T) => void;
}

export function CodeStep<T>({ token, api, stepped, words, onDone }: Props<T>) {
  const t = text();
  const f = format();
  const form = useRef<HTMLFormElement>(null);
  const [invitation, setInvitation] = useState<Invitation | { state: "missing" } | null>(null);
  const [code, setCode] = useState("");
  const [tries, setTries] = useState<number | null>(null);
  const [short, setShort] = useState(false);
  const [sent, setSent] = useState(false);
  const [limited, setLimited] = useState(false);
  const opening = useAction();
  const action = useAction();

  const open = () =>
    opening.run("open", async () => {
      try {
        const answer = await api.open(token);
        if (isLanguage(answer.language)) setLanguage(answer.language, false);
        setInvitation(answer);
      } catch (error) {
        if (error instanceof Problem && error.status === 404) setInvitation({ state: "missing" });
        else if (error instanceof Problem && error.code === "locked") setInvitation({ state: "locked" });
        else throw error;
      }
    });
  useEffect(() => void open(), [token]);

  const step = stepped ? 0 : undefined;
  if (!invitation) {
    return (
      <VisitFrame step={step}>
        {opening.error ? (
          <Failure error={opening.error} onRetry={() => void open()} />
        ) : (
          <p class="visit-lead" role="status">
            <span class="spinner" aria-hidden="true" /> {t.visit.opening}
          </p>
        )}
      </VisitFrame>
    );
  }

  const { state } = invitation;
  const full = state === "missing" ? null : (invitation as Invitation);
  const who = full?.professional ? (
    <p class="visit-who">
      <strong>{full.professional}</strong>
      {full.structure && <span>{full.structure}</span>}
      {full.starts_at && <span>{t.visit.rendezvous(f.dayOf(full.starts_at), f.time(full.starts_at))}</span>}
    </p>
  ) : null;

  const send = () =>
    action.run("new-code", async () => {
      try {
        await api.newCode(token);
        setSent(true);
        setTries(null);
        if ((state === "elsewhere" || state === "code_used") && full) setInvitation({ ...full, state: "code_needed" });
      } catch (error) {
        if (error instanceof Problem && error.status === 429) setLimited(true);
        else throw error;
      }
    });

  if (state !== "code_needed") {
    const said = words?.[state] ?? t.visit.states[state];
    const goesOn = state === "early" || state === "elsewhere" || state === "code_used";
    return (
      <VisitFrame step={goesOn ? step : undefined} icon={icons[state]}>
        <h1 tabIndex={-1}>{said.title}</h1>
        <p class="visit-lead">{said.text}</p>
        {who}
        {(state === "elsewhere" || state === "code_used") && (
          <Button tone="primary" size="l" busy={action.running !== null} onClick={() => void send()}>
            {t.visit.code_here}
          </Button>
        )}
        {limited && <Notice tone="bad">{t.visit.code_limit}</Notice>}
        {(limited || calls.has(state)) && <CallStructure phone={full?.structure_phone} />}
        {state === "early" && (
          <Button icon="refresh" size="l" busy={opening.running !== null} onClick={() => void open()}>
            {t.app.retry}
          </Button>
        )}
        <Failure error={action.error} />
      </VisitFrame>
    );
  }

  const submit = async (event?: Event) => {
    event?.preventDefault();
    const digits = code.replace(/\D/g, "");
    setShort(digits.length !== 6);
    if (digits.length !== 6) return;
    const done = await action.run("code", async () => {
      try {
        return await api.code(token, digits);
      } catch (error) {
        if (error instanceof Problem && error.code === "locked") setInvitation({ ...(full as Invitation), state: "locked" });
        else if (error instanceof Problem && error.status === 401) {
          setTries(typeof error.body.tries_left === "number" ? error.body.tries_left : 0);
          setCode("");
          form.current?.querySelector("input")?.focus();
          if (error.body.tries_left === 0) setInvitation({ ...(full as Invitation), state: "locked" });
        } else throw error;
        return undefined;
      }
    });
    if (done) onDone(done);
  };

  const wrong = short ? t.visit.code_short : tries !== null ? t.visit.code_wrong(tries) : null;
  return (
    <VisitFrame step={step}>
      {who}
      <h1 tabIndex={-1}>{t.visit.code_title}</h1>
      <p class="visit-lead">{full?.contact ? t.visit.code_text(full.contact) : t.visit.code_text_plain}</p>
      {sent && <Notice tone="good">{t.visit.code_sent}</Notice>}
      {limited && <Notice tone="bad">{t.visit.code_limit}</Notice>}
      {limited && <CallStructure phone={full?.structure_phone} />}
      <Failure error={action.error} />
      <form ref={form} class="stack visit-code" onSubmit={submit} noValidate>
        <TextField
          label={t.visit.code_label}
          value={code}
          onValue={(value) => {
            setCode(value.replace(/[^\d ]/g, "").slice(0, 7));
            setShort(false);
          }}
          inputMode="numeric"
          autocomplete="one-time-code"
          error={wrong}
        />
        <Button tone="primary" size="l" type="submit" busy={action.running === "code"}>
          {t.visit.code_submit}
        </Button>
        <Button tone="quiet" busy={action.running === "new-code"} onClick={() => void send()}>
          {t.visit.code_again}
        </Button>
      </form>
    </VisitFrame>
  );
}
