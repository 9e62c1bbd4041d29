// Who is signed in. The cookie is the server's; the page only keeps `me`.
import { signal } from "@preact/signals";
import { onSignedOut, setCsrf } from "../api/http.ts";
import { session } from "../api/calls.ts";
import type { About, Me } from "../api/types.ts";
import { setLanguage } from "../text/index.ts";
import { navigate, setGuard } from "./router.ts";

/** undefined: not asked yet; null: nobody. */
export const me = signal<Me | null | undefined>(undefined);
export const about = signal<About | null>(null);

export function take(answer: Me): void {
  setCsrf("professional", answer.csrf);
  setLanguage(answer.language);
  me.value = answer;
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
    if (!me.value) return;
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
