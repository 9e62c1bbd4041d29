// Who is signed in. The cookie is the server's; the page only keeps `me`.
import { computed, signal } from "@preact/signals";
import { onSignedOut, onStepUp, setCsrf, type StepUp } from "../api/http.ts";
import { session } from "../api/calls.ts";
import type { About, ActShort, HalfMe, Me, Role } from "../api/types.ts";
import { chosenLanguage, setLanguage } from "../text/index.ts";
import { guarded, navigate, setGuard } from "./router.ts";

/** undefined: not asked yet; null: nobody. */
export const me = signal<Me | null | undefined>(undefined);
/** The password was right, the second factor is missing. */
export const half = signal<HalfMe | null>(null);
/** A call waits for a fresh proof; told whether it was given. */
export const stepUp = signal<{ wanted: StepUp; done: (given: boolean) => void } | null>(null);
const CLINICAL: Role[] = ["doctor", "nurse", "midwife"];

function hasRole(roles: Role[]): boolean {
  return me.value?.memberships.some((m) => roles.includes(m.role)) ?? false;
}

/** Holds and closes acts. The server decides; the page only leaves out what it would refuse. */
export const isClinical = computed(() => hasRole(CLINICAL));
/** Sees acts and patients: who holds them, and who plans them. */
export const seesActs = computed(() => hasRole([...CLINICAL, "secretary"]));

/** Structures whose people and equipment this person keeps. */
export const managed = computed(() => me.value?.memberships.filter((m) => m.role === "manager").map((m) => m.structure) ?? []);
/** Runs the platform. */
export const operates = computed(() => hasRole(["operator"]));

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
  half.value = null;
  me.value = answer;
}

/** False, and kept aside, when the second factor is still missing. */
export function isWhole(answer: Me | HalfMe): answer is Me {
  if (!("missing" in answer)) return true;
  setCsrf("professional", answer.csrf);
  half.value = answer;
  return false;
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
    const answer = await session.me();
    if (isWhole(answer)) take(answer);
    else me.value = null;
  } catch {
    me.value = null;
  }
}

export async function signOut(): Promise<void> {
  let leave: string | undefined;
  try {
    leave = (await session.signOut())?.leave;
  } finally {
    setCsrf("professional", "");
    me.value = null;
    // Pro Santé Connect ends its own session, and sends the browser back to the sign-in page.
    if (leave?.startsWith("https://")) location.assign(leave);
    else await navigate("/connexion");
  }
}

/** The second factor will not be given: the half of a session ends too. */
export async function leaveHalf(): Promise<void> {
  half.value = null;
  await session.signOut().catch(() => {});
  setCsrf("professional", "");
}

export function startSession(): void {
  onStepUp((wanted) => {
    // Who has no second factor here proves it where they signed in, or signs in again.
    if (stepUp.value || !(wanted.enrolled || about.value?.psc)) return Promise.resolve(false);
    return new Promise((resolve) => {
      stepUp.value = {
        wanted,
        done: (given) => {
          stepUp.value = null;
          resolve(given);
        },
      };
    });
  });
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
    if (active()) void session.me().then((answer) => isWhole(answer) && take(answer), () => {});
  }, ALIVE_EVERY_MS);
  return () => clearInterval(timer);
}
