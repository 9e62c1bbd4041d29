// The entry: what to show for an address, and who may see it.
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "./style/base.css";
import { match } from "./app/match.ts";
import { navigate, place, startRouter } from "./app/router.ts";
import { findOut, managed, me, operates, seesActs, startSession } from "./app/session.ts";
import { startTheme } from "./app/theme.ts";
import { LinkButton } from "./components/Button.tsx";
import { Empty, Skeleton } from "./components/Bits.tsx";
import { Leaving } from "./components/Leaving.tsx";
import { Toasts } from "./components/Notice.tsx";
import { SignInAgain } from "./components/SignInAgain.tsx";
import { StepUp } from "./components/StepUp.tsx";
import { Shell } from "./components/Shell.tsx";
import { AccessesPage } from "./pages/accesses/AccessesPage.tsx";
import { PlatformAuditPage, StructureAuditPage } from "./pages/audit/AuditPage.tsx";
import { AlertsPage } from "./pages/alerts/AlertsPage.tsx";
import { ArrivalPage } from "./pages/arrival/ArrivalPage.tsx";
import { ActPage } from "./pages/act/ActPage.tsx";
import { ActsPage } from "./pages/acts/ActsPage.tsx";
import { CallPage } from "./pages/call/CallPage.tsx";
import { ClosingPage } from "./pages/closing/ClosingPage.tsx";
import { DayPage } from "./pages/day/DayPage.tsx";
import { DocumentsPage } from "./pages/documents/DocumentsPage.tsx";
import { NewPage } from "./pages/new/NewPage.tsx";
import { PatientsPage } from "./pages/patients/PatientsPage.tsx";
import { PlatformPage } from "./pages/platform/PlatformPage.tsx";
import { StructurePage } from "./pages/platform/StructurePage.tsx";
import { RightsPage } from "./pages/rights/RightsPage.tsx";
import { SettingsPage } from "./pages/settings/SettingsPage.tsx";
import { SignInPage } from "./pages/signin/SignInPage.tsx";
import { TeamPage } from "./pages/team/TeamPage.tsx";
import { VisitPage } from "./pages/visit/VisitPage.tsx";
import { startLanguage, text } from "./text/index.ts";

type Page = (props: { id: string }) => preact.ComponentChild;

const open: [string, Page][] = [
  ["/visite", () => <VisitPage />],
  ["/documents", () => <DocumentsPage />],
  ["/arrivee", () => <ArrivalPage />],
];

const signedIn: [string, Page][] = [
  ["/", () => <DayPage />],
  ["/nouvelle", () => <NewPage />],
  ["/actes", () => <ActsPage />],
  ["/actes/:id", ({ id }) => <ActPage key={id} id={id} />],
  ["/actes/:id/cloture", ({ id }) => <ClosingPage key={id} id={id} />],
  ["/patients", () => <PatientsPage />],
  ["/patients/:id/acces", ({ id }) => <AccessesPage key={id} id={id} />],
  ["/patients/:id/droits", ({ id }) => <RightsPage key={id} id={id} />],
  ["/alertes", () => <AlertsPage />],
  ["/equipe", () => <TeamPage />],
  ["/equipe/consultations", () => <StructureAuditPage />],
  ["/plateforme", () => <PlatformPage />],
  ["/plateforme/audit", () => <PlatformAuditPage />],
  ["/plateforme/:id", ({ id }) => <StructurePage key={id} id={id} />],
  ["/reglages", () => <SettingsPage />],
];

function find(routes: [string, Page][], path: string): preact.ComponentChild | null {
  for (const [pattern, page] of routes) {
    const parts = match(pattern, path);
    if (parts) return page({ id: parts.id ?? "" });
  }
  return null;
}

/** Keyboard and screen reader users land on the new page's title. */
function useFocusOnTitle(path: string): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    const frame = requestAnimationFrame(() => {
      if (!document.activeElement || document.activeElement === document.body || !document.activeElement.closest("main")) {
        document.querySelector<HTMLElement>("h1[tabindex], main")?.focus({ preventScroll: true });
      }
    });
    return () => cancelAnimationFrame(frame);
  }, [path]);
}

function Professional({ path }: { path: string }) {
  const who = me.value;
  useEffect(() => {
    if (who === undefined) void findOut();
  }, [who]);
  useEffect(() => {
    if (who === null) void navigate(`/connexion?retour=${encodeURIComponent(path)}`, { replace: true });
  }, [who]);
  if (!who) return <main class="waiting-page"><Skeleton lines={2} /></main>;
  const call = match("/appel/:id", path);
  if (call) return <CallPage key={call.id} id={call.id ?? ""} />;
  // Who works with no act has their own page here, and no empty one.
  if (!seesActs.value && path === "/") {
    return <Shell>{managed.value.length ? <TeamPage /> : operates.value ? <PlatformPage /> : <SettingsPage />}</Shell>;
  }
  return <Shell>{find(signedIn, path) ?? <Missing />}</Shell>;
}

function Missing() {
  const t = text().app;
  return (
    <div class="card">
      <h1 tabIndex={-1} class="visually-hidden">{t.missing_title}</h1>
      <Empty icon="gone" title={t.missing_title}>
        <p>{t.missing_text}</p>
        <LinkButton tone="primary" href="/">{t.back_day}</LinkButton>
      </Empty>
    </div>
  );
}

function App() {
  const path = place.value.path;
  useFocusOnTitle(path);
  const page = find(open, path);
  return (
    <>
      {page ?? (path === "/connexion" ? <SignInPage /> : <Professional path={path} />)}
      <Leaving />
      <SignInAgain />
      <StepUp />
      <Toasts />
    </>
  );
}

startTheme();
startLanguage();
startRouter();
startSession();
const root = document.getElementById("app");
if (root) render(<App />, root);
