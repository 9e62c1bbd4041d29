// The patient's way: link, code, consent, equipment, waiting room, call,
// goodbye. One thing at a time, in large plain words. The token stays in the
// fragment and in memory; the server's cookie is all the device keeps.
import { useEffect, useMemo, useState } from "preact/hooks";
import { visit as api } from "../../api/calls.ts";
import { onVisitLost, Problem } from "../../api/http.ts";
import type { Visit } from "../../api/types.ts";
import { newCall } from "../../call/browser.ts";
import type { CallSession } from "../../call/session.ts";
import { useTitle } from "../../app/hooks.ts";
import { Button } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { text } from "../../text/index.ts";
import { CallRoom } from "../call/CallRoom.tsx";
import { useLobby } from "../call/lobby.ts";
import { LocalMedia } from "../call/local.ts";
import { CodeStep } from "./CodeStep.tsx";
import { ConsentStep } from "./ConsentStep.tsx";
import { TestStep } from "./TestStep.tsx";
import { VisitFrame } from "./VisitFrame.tsx";
import { WaitStep } from "./WaitStep.tsx";
import "../call/CallPage.css";
import "./VisitPage.css";

/** The token of the link, taken out of the address bar at once. */
function takeToken(): string {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token) history.replaceState(history.state, "", location.pathname);
  return token;
}

export function VisitPage() {
  const t = text();
  const [token, setToken] = useState(takeToken);
  const [visit, setVisit] = useState<Visit | null>(null);
  const [asked, setAsked] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [lost, setLost] = useState(false);
  useTitle(t.visit.title);
  useEffect(() => {
    onVisitLost(() => setLost(true));
    return () => onVisitLost(() => {});
  }, []);

  // A page loaded again within the visit: the cookie still says who this is.
  useEffect(() => {
    if (token) return setAsked(true);
    api
      .get()
      .then(setVisit, (problem: unknown) => {
        if (!(problem instanceof Problem && problem.status < 500 && problem.status > 0)) setError(problem);
      })
      .finally(() => setAsked(true));
  }, []);
  useEffect(() => {
    const changed = () => {
      const fresh = takeToken();
      if (!fresh) return;
      setVisit(null);
      setToken(fresh);
    };
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);

  if (lost) {
    return (
      <VisitFrame icon="screen">
        <h1 tabIndex={-1}>{t.visit.lost_title}</h1>
        <p class="visit-lead">{t.visit.lost}</p>
        {token && (
          <Button
            size="l"
            onClick={() => {
              setLost(false);
              setVisit(null);
            }}
          >
            {t.visit.lost_here}
          </Button>
        )}
      </VisitFrame>
    );
  }
  if (visit) return <Visiting key={visit.act} first={visit} />;
  if (!asked) {
    return (
      <VisitFrame>
        <p class="visit-lead" role="status">
          {t.visit.opening}
        </p>
      </VisitFrame>
    );
  }
  if (!token) {
    return (
      <VisitFrame icon="link">
        <h1 tabIndex={-1}>{t.visit.no_link_title}</h1>
        <p class="visit-lead">{t.visit.no_link}</p>
        <Failure error={error} />
      </VisitFrame>
    );
  }
  return (
    <CodeStep
      key={token}
      token={token}
      api={api}
      stepped
      onDone={setVisit}
    />
  );
}

type Where = "consent" | "test" | "ready" | "room";

/** A page loaded again in the middle of a call does not ask for the check twice. */
const CHECKED = "teleloire.checked";

function firstStep(visit: Visit): Where {
  if (visit.consent.needed && visit.consent.given !== true) return "consent";
  return visit.tested || sessionStorage.getItem(CHECKED) === visit.act ? "ready" : "test";
}

function Visiting({ first }: { first: Visit }) {
  const t = text();
  const [visit, setVisit] = useState(first);
  const [where, setWhere] = useState<Where>(() => firstStep(first));
  const [call, setCall] = useState<CallSession | null>(null);
  const [moved, setMoved] = useState(false);
  const local = useMemo(() => new LocalMedia(), []);
  useEffect(() => () => local.stop(), []);

  const make = () => {
    const made: CallSession = newCall(async () => (await api.join()).ticket, {
      onNotice: (kind) => {
        if (kind === "act.rescheduled") setMoved(true);
        if (kind.startsWith("act.")) void api.get().then(setVisit, () => {});
      },
      onMuted: (_source, muted, by) => {
        if (!muted) return;
        local.setMicrophone(false);
        const name = made.roster.value.find((s) => s.participant === by)?.name ?? "";
        say(t.call.muted_by(name), "wait");
      },
    });
    return made;
  };
  const ready = useMemo(make, []);
  useLobby(where === "ready" && !call ? ready : null);
  useEffect(() => () => ready.leave(), []);

  const enter = () => {
    const made = call ? make() : ready;
    void local.start().then(() => local.attach(made));
    made.start();
    setCall(made);
    setWhere("room");
  };

  if (visit.state === "ended" || visit.state === "cancelled") return <Over why={visit.state} />;
  if (where === "consent") {
    return (
      <ConsentStep
        visit={visit}
        onVisit={(next) => {
          setVisit(next);
          if (next.consent.given) setWhere(next.tested ? "ready" : "test");
        }}
      />
    );
  }
  if (where === "test") {
    return (
      <TestStep
        local={local}
        onDone={() => {
          sessionStorage.setItem(CHECKED, visit.act);
          setWhere("ready");
        }}
      />
    );
  }
  if (where === "ready" || !call) {
    return (
      <VisitFrame step={3} icon="door">
        <h1 tabIndex={-1}>{visit.professional}</h1>
        <p class="visit-lead">{t.visit.enter_text}</p>
        <Button tone="primary" size="l" onClick={enter}>
          {t.visit.enter}
        </Button>
      </VisitFrame>
    );
  }
  const phase = call.phase.value;
  if (phase === "ended") {
    const why = call.why.value;
    const mayReturn = why === "left" || why === "ticket" || why === "policy" || why === "replaced";
    return <Over why={why} failure={call.failure.value} onReturn={mayReturn ? enter : undefined} local={local} />;
  }
  if (phase === "in") return <CallRoom call={call} local={local} title={visit.professional} />;
  return <WaitStep call={call} local={local} visit={visit} moved={moved} />;
}

function Over({
  why,
  failure,
  onReturn,
  local,
}: {
  why: string;
  failure?: unknown;
  onReturn?: () => void;
  local?: LocalMedia;
}) {
  const t = text();
  useEffect(() => local?.stop(), []);
  const ended = why === "ended";
  const words = ended
    ? t.visit.bye_ended
    : why === "left"
      ? t.visit.bye_left
      : why === "rescheduled"
        ? t.visit.rescheduled
        : (t.call.bye[why] ?? t.call.failed);
  return (
    <VisitFrame icon={ended || why === "left" ? "check" : "info"}>
      <h1 tabIndex={-1}>{ended || why === "left" ? t.visit.bye_title : words}</h1>
      {(ended || why === "left") && <p class="visit-lead">{words}</p>}
      {ended && (
        <p class="visit-line">
          <Icon name="mail" /> {t.visit.bye_documents}
        </p>
      )}
      {failure ? <Failure error={failure} /> : null}
      {onReturn ? (
        <Button tone="primary" size="l" icon="door" onClick={onReturn}>
          {t.visit.bye_again}
        </Button>
      ) : (
        <p class="soft">{t.visit.bye_safe}</p>
      )}
    </VisitFrame>
  );
}
