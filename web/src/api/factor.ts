// The calls of docs/api.md about the second factor, and their shapes.
import { call } from "./http.ts";
import type { HalfMe, Me } from "./types.ts";

const id = encodeURIComponent;

export interface Factor {
  since: string | null;
  recovery_left: number;
  devices: { id: string; since: string; last_seen_at: string; until: string; here: boolean }[];
}
export interface Secret {
  secret: string;
  uri: string;
}

export const factor = {
  mine: (signal?: AbortSignal) => call<Factor>("GET", "/api/me/factor", { signal }),
  /** Completes a sign-in, or proves anew who is at the page. */
  give: (code: string, remember: boolean) =>
    call<{ me: Me }>("POST", "/api/me/factor/code", { body: { code, remember }, quiet: true }),
  show: () => call<Secret>("POST", "/api/me/factor/enrol", { body: {} }),
  confirm: (code: string, remember: boolean) =>
    call<{ me: Me; recovery_codes: string[] }>("POST", "/api/me/factor/confirm", { body: { code, remember }, quiet: true }),
  recoveryCodes: () => call<{ recovery_codes: string[] }>("POST", "/api/me/factor/recovery-codes", { body: {} }),
  forget: (device: string) => call<void>("POST", `/api/me/devices/${id(device)}/forget`, { body: {} }),
  half: () => call<Me | HalfMe>("GET", "/api/me", { quiet: true }),
};
