// Who is signed in. The cookie is the server's; the page only keeps `me`.
import { computed, signal } from "@preact/signals";
import { onSignedOut, setCsrf } from "../api/http.ts";
import { session } from "../api/calls.ts";
import type { About, ActShort, Me, Role } from "../api/types.ts";
import { chosenLanguage, setLanguage } from "../text/index.ts";
import { guarded, navigate, setGuard } from "./router.ts";

/** undefined: not asked yet; null: nobody. */
export const me = signal<Me | null | undefined>(undefined);
const CLINICAL: Role[] = ["doctor", "nurse", "midwife"];

function hasRole(roles: Role[]): boolean {
  return me.value?.memberships.some((m) => roles.includes(m.role)) ?? false;
}

/** Holds and closes acts. The server decides; the page only leaves out what it would refuse. */
export const isClinical = computed(() => hasRole(CLINICAL));
/** Sees acts and patients: who holds them, and who plans them. */
export const seesActs = computed(() => hasRole([...CLINICAL, "secretary"]));

/** Plans for the professionals of a structure without practising there. */
export function keepsDiaryOf(structure: string): boolean {
  const roles = me.value?.memberships.filter((m) => m.structure.id === structure).map((m) => m.role) ?? [];
  return roles.includes("secretary") && !roles.some((r) => CLINICAL.includes(r));
}

/** Whether reason and documents of an act are shown to this person; the server leaves them out otherwise. */
export function readsClinical(act: Pick<ActShort, "professional" | "structure" | "reason">): boolean {
  return act.reason !== "" || act.professional.id === me.value?.person.id || !keepsDiaryOf(act.structure.id);
}

export const about = signal<About | null>(null);
/** The session died under unsaved text: sign in again without leaving. */
export const expired = signal(false);

export function take(answer: Me): void {
  setCsrf("professional", answer.csrf);
  setLanguage(answer.language);
  me.value = answer;
}

/** What was chosen before signing in is the account's language from then on. */
export async function takeSignedIn(answer: Me): Promise<void> {
  const wanted = chosenLanguage();
  take(wanted ? { ...answer, language: wanted } : answer);
  if (!wanted || wanted === answer.language) return;
  await session.setLanguage(wanted).then(
    () => {},
    () => {}, // The page speaks it already; the account can be told from the settings.
  );
}

export async function findOut(): Promise<void> {
  try {
    take(await session.me());
  } catch {
    me.value = null;
  }
}

export async function signOut(): Promise<void> {
  try {
    await session.signOut();
  } finally {
    setCsrf("professional", "");
    me.value = null;
    await navigate("/connexion");
  }
}

export function startSession(): void {
  onSignedOut(() => {
    if (!me.value || location.pathname.startsWith("/appel/")) return;
    if (guarded()) {
      expired.value = true;
      return;
    }
    const from = location.pathname;
    setGuard(null);
    setCsrf("professional", "");
    me.value = null;
    void navigate(`/connexion?fin=1&retour=${encodeURIComponent(from)}`);
  });
  session.about().then(
    (answer) => (about.value = answer),
    () => {},
  );
}

const ALIVE_EVERY_MS = 5 * 60_000;

/** While someone really works (a call, a report), the idle limit must not
 *  cut them; an unattended page still reaches it. */
export function keepAlive(active: () => boolean): () => void {
  const timer = setInterval(() => {
    if (active()) void session.me().then(take, () => {});
  }, ALIVE_EVERY_MS);
  return () => clearInterval(timer);
}
