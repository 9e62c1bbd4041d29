// Every call of docs/api.md the pages make, by name.
import { call, newKey, setCsrf } from "./http.ts";
import type {
  About,
  Accesses,
  Act,
  ActDocument,
  ActShort,
  Alert,
  Browser,
  Closing,
  Day,
  Delivery,
  DirectoryPerson,
  EmergencyAccess,
  HalfMe,
  Invitation,
  Language,
  List,
  Me,
  Patient,
  Structure,
  Traits,
  Visit,
} from "./types.ts";

function query(values: Record<string, string | number | undefined | null>): string {
  const pairs = Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== "");
  return pairs.length ? "?" + new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString() : "";
}

/** Without what was not said: the server refuses a null. */
function known(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== ""));
}

const id = encodeURIComponent;

export interface Ticket {
  ticket: string;
  session?: string;
}

export const session = {
  browsers: (signal?: AbortSignal) => call<Browser[]>("GET", "/api/me/sessions", { signal }),
  endBrowser: (browser: string) => call<void>("POST", `/api/me/sessions/${id(browser)}/revoke`, { body: {} }),
  endAll: () => call<void>("POST", "/api/me/sign-out-everywhere", { body: {} }),
  about: () => call<About>("GET", "/api/about", { quiet: true }),
  me: () => call<Me | HalfMe>("GET", "/api/me", { quiet: true }),
  signIn: (login: string, password: string) =>
    call<{ me: Me | HalfMe }>("POST", "/api/sign-in", { body: { login, password }, quiet: true }),
  /** leave: where the session of Pro Santé Connect ends, for who came by it. */
  signOut: () => call<{ leave: string } | undefined>("POST", "/api/sign-out", { quiet: true }),
  setLanguage: (language: Language) => call<Me>("PATCH", "/api/me", { body: { language } }),
};

/** A link, not a call: the browser goes to Pro Santé Connect and comes back to the page. */
export function pscAddress(page: string): string {
  return `/api/psc/begin${query({ page })}`;
}

export const directory = {
  people: (q: string, signal?: AbortSignal) =>
    call<List<DirectoryPerson>>("GET", `/api/directory${query({ q, limit: 8 })}`, { signal }),
  /** Who practises in a structure. */
  of: (structure: string, signal?: AbortSignal) =>
    call<List<DirectoryPerson>>("GET", `/api/directory${query({ structure, limit: 100 })}`, { signal }),
  structures: (q: string) => call<List<Structure>>("GET", `/api/structures${query({ q })}`),
};

type Identity = Pick<Traits, "birth_name" | "first_names" | "birth_date" | "sex" | "birth_place_code">;

export const patients = {
  search: (q: string, signal?: AbortSignal) =>
    call<List<Patient>>("POST", "/api/patients/search", { body: { q }, signal }),
  create: (traits: Traits, key: string) => call<Patient>("POST", "/api/patients", { body: traits, key }),
  get: (patient: string) => call<Patient>("GET", `/api/patients/${id(patient)}`),
  /** Over the whole region, by all of the identity and nothing less. */
  find: (who: Identity) => call<{ id: string }>("POST", "/api/patients/find", { body: who }),
  openInEmergency: (patient: string, what: Identity & { reason: string }, key: string) =>
    call<{ expires_at: string; patient: Patient }>("POST", `/api/patients/${id(patient)}/emergency`, { body: what, key }),
  /** Who looked at their data on the fourteen days before one, newest first. */
  accesses: (patient: string, before: string | null, signal?: AbortSignal) =>
    call<Accesses>("GET", `/api/patients/${id(patient)}/accesses${query({ before })}`, { signal }),
  change: (patient: string, what: Partial<Pick<Patient, "phone" | "email" | "used_name">>) =>
    call<Patient>("PATCH", `/api/patients/${id(patient)}`, { body: what }),
};

export const alerts = {
  list: (after: string | null, signal?: AbortSignal) =>
    call<List<Alert> & { open: number }>("GET", `/api/alerts${query({ after })}`, { signal }),
  answer: (alert: string, comment: string, key: string) =>
    call<void>("POST", `/api/alerts/${id(alert)}/seen`, { body: { comment }, key }),
  emergencies: (signal?: AbortSignal) => call<List<EmergencyAccess>>("GET", "/api/emergency-accesses", { signal }),
};

export interface NewAct {
  patient: string;
  structure: string;
  /** For whom a secretary plans; oneself when absent. */
  professional?: string;
  starts_at: string | null;
  duration_min: number;
  reason: string;
  invite: { email: string | null; phone: string | null; language: Language } | null;
  /** The one who plans knows that the professional is away. */
  despite_absence?: boolean;
}

export interface Guest {
  name: string;
  role: "helper" | "interpreter" | "nurse" | "guardian";
  email: string | null;
  phone: string | null;
}

export interface ActFilter {
  state?: string;
  from?: string;
  to?: string;
  patient?: string;
  q?: string;
  limit?: number;
  after?: string | null;
}

const act = (name: string) => `/api/acts/${id(name)}`;

export const acts = {
  day: (date: string) => call<Day>("GET", `/api/day${query({ date })}`),
  list: (filter: ActFilter, signal?: AbortSignal) =>
    filter.q
      ? call<List<ActShort>>("POST", "/api/acts/search", { body: known(filter), signal })
      : call<List<ActShort>>("GET", `/api/acts${query({ ...filter, q: undefined })}`, { signal }),
  create: (what: NewAct, key: string) => call<Act>("POST", "/api/acts", { body: what, key }),
  get: (name: string) => call<Act>("GET", act(name)),
  cancel: (name: string, reason: string, comment: string) =>
    call<Act>("POST", `${act(name)}/cancel`, { body: { reason, comment } }),
  reschedule: (name: string, starts_at: string, duration_min: number, despite_absence = false) =>
    call<Act>("POST", `${act(name)}/reschedule`, { body: { starts_at, duration_min, despite_absence } }),
  remind: (name: string) => call<Act>("POST", `${act(name)}/remind`, { body: {} }),
  renewLink: (name: string, email: string | null, phone: string | null) =>
    call<Act>("POST", `${act(name)}/renew-link`, { body: { email, phone } }),
  handOver: (name: string, person: string, comment: string) =>
    call<Act>("POST", `${act(name)}/hand-over`, { body: { person, comment } }),
  inviteColleague: (name: string, person: string, comment: string) =>
    call<Act>("POST", `${act(name)}/invite`, { body: { person, comment } }),
  inviteGuest: (name: string, guest: Guest) => call<Act>("POST", `${act(name)}/invite`, { body: guest }),
  join: (name: string) => call<Ticket>("POST", `${act(name)}/join`, { body: {} }),
  consent: (name: string, given: boolean, by: "patient" | "helper", text_version: string) =>
    call<Act>("POST", `${act(name)}/consent`, { body: { given, by, how: "oral", text_version } }),
  addDocument: (name: string, kind: ActDocument["kind"], file: Blob, fileName: string) =>
    call<ActDocument>("POST", `${act(name)}/documents${query({ kind })}`, { file, fileName, key: newKey() }),
  documentUrl: (name: string, document: string) => `${act(name)}/documents/${id(document)}`,
  removeDocument: (name: string, document: string) =>
    call<void>("DELETE", `${act(name)}/documents/${id(document)}`),
  close: (name: string, closing: Closing) => call<Act>("POST", `${act(name)}/close`, { body: closing }),
  amend: (name: string, closing: Closing, why: string) =>
    call<Act>("POST", `${act(name)}/amend`, { body: { ...closing, why } }),
  notDone: (name: string, reason: string, comment: string) =>
    call<Act>("POST", `${act(name)}/not-done`, { body: { reason, comment } }),
  watch: () => call<Ticket>("POST", "/api/watch", { body: {} }),
};

export const visit = {
  open: (token: string) => call<Invitation>("POST", "/api/invitations/open", { body: { token }, visitor: "visit" }),
  code: async (token: string, code: string) => {
    const answer = await call<{ csrf: string; visit: Visit }>("POST", "/api/invitations/code", {
      body: { token, code },
      visitor: "visit",
    });
    setCsrf("visit", answer.csrf);
    return answer.visit;
  },
  newCode: (token: string) => call<void>("POST", "/api/invitations/new-code", { body: { token }, visitor: "visit" }),
  get: async () => {
    const answer = await call<Visit>("GET", "/api/visit", { visitor: "visit" });
    setCsrf("visit", answer.csrf);
    return answer;
  },
  consent: (given: boolean, by: "patient" | "helper", text_version: string) =>
    call<Visit>("POST", "/api/visit/consent", { body: { given, by, text_version }, visitor: "visit" }),
  test: () => call<Ticket>("POST", "/api/visit/test", { body: {}, visitor: "visit" }),
  join: () => call<Ticket>("POST", "/api/visit/join", { body: {}, visitor: "visit" }),
  leave: () => call<void>("POST", "/api/visit/leave", { body: {}, visitor: "visit" }),
};

export const delivery = {
  open: (token: string) => call<Invitation>("POST", "/api/deliveries/open", { body: { token }, visitor: "delivery" }),
  code: async (token: string, code: string) => {
    const answer = await call<{ csrf: string; delivery: Delivery }>("POST", "/api/deliveries/code", {
      body: { token, code },
      visitor: "delivery",
    });
    setCsrf("delivery", answer.csrf);
    return answer.delivery;
  },
  newCode: (token: string) => call<void>("POST", "/api/deliveries/new-code", { body: { token }, visitor: "delivery" }),
  documentUrl: (document: string) => `/api/deliveries/documents/${id(document)}`,
};
