// Client-side routes over the history API. A page with unsaved text sets a
// guard, which is asked before leaving.
import { signal } from "@preact/signals";

export interface Place {
  path: string;
  query: URLSearchParams;
}

function read(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export const place = signal<Place>(read());

type Guard = () => Promise<boolean>;
let guard: Guard | null = null;
let depth = history.state?.depth ?? 0;

function warnBeforeUnload(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Asks `ask` before any leave; null lets everyone go. */
export function setGuard(ask: Guard | null, { unload = true } = {}): void {
  guard = ask;
  if (ask && unload) window.addEventListener("beforeunload", warnBeforeUnload);
  else window.removeEventListener("beforeunload", warnBeforeUnload);
}

export function guarded(): boolean {
  return guard !== null;
}

async function mayLeave(): Promise<boolean> {
  if (!guard) return true;
  const leave = await guard();
  if (leave) setGuard(null);
  return leave;
}

export async function navigate(to: string, options: { replace?: boolean } = {}): Promise<void> {
  if (!(await mayLeave())) return;
  if (options.replace) history.replaceState({ depth }, "", to);
  else history.pushState({ depth: (depth += 1) }, "", to);
  place.value = read();
  window.scrollTo(0, 0);
}

export function back(otherwise: string): void {
  if (depth > 0) history.back();
  else void navigate(otherwise);
}

function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest?.("a");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.pathname.startsWith("/api/") || (link.hash && link.pathname === location.pathname)) return;
  event.preventDefault();
  void navigate(link.pathname + link.search + link.hash);
}

async function onPop(): Promise<void> {
  const wanted = history.state?.depth ?? 0;
  if (guard) {
    // The address has moved already; put it back while we ask.
    const target = location.pathname + location.search + location.hash;
    history.pushState({ depth }, "", place.value.path + (place.value.query.size ? `?${place.value.query}` : ""));
    if (!(await mayLeave())) return;
    history.replaceState({ depth: wanted }, "", target);
  }
  depth = wanted;
  place.value = read();
}

export function startRouter(): void {
  document.addEventListener("click", onClick);
  window.addEventListener("popstate", () => void onPop());
}
