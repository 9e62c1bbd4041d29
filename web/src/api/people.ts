// The calls of docs/api.md about people and structures, and their shapes.
import { call, newKey } from "./http.ts";
import type { Absence, HalfMe, Interests, InterestLink, Language, List, Me, Person, Role, Structure } from "./types.ts";

const id = encodeURIComponent;
const of = (structure: string) => `/api/structures/${id(structure)}`;

/** What a manager gives. */
export const GIVEN = ["doctor", "nurse", "midwife", "secretary", "manager"] as const satisfies Role[];
export const CARING: Role[] = ["doctor", "nurse", "midwife"];

export interface Member {
  person: Person;
  email: string | null;
  roles: { role: Role; since: string }[];
  last_sign_in_at: string | null;
  absence: Absence | null;
}

export interface Newcomer {
  id: string;
  email: string;
  display_name: string;
  profession: string;
  role: Role;
  state: "sent" | "expired";
  sent_at: string;
  sent: number;
  expires_at: string;
  invited_by: Person;
}

export interface NewcomerFields {
  email: string;
  prefix: string;
  given_name: string;
  family_name: string;
  profession: string | null;
  role?: Role;
  rpps: string | null;
  language: Language;
}

export interface OpenActs {
  planned: number;
  live: number;
  to_close: number;
}

export const team = {
  async people(structure: string, signal?: AbortSignal): Promise<Member[]> {
    const all: Member[] = [];
    for (let after = ""; ; ) {
      const page = await call<List<Member>>("GET", `${of(structure)}/people?limit=100${after && `&after=${id(after)}`}`, { signal });
      all.push(...page.items);
      if (!page.next) return all;
      after = page.next;
    }
  },
  roles: (structure: string, person: string, roles: Role[]) =>
    call<void>("POST", `${of(structure)}/people/${id(person)}/roles`, { body: { roles } }),
  leave: (structure: string, person: string) => call<void>("POST", `${of(structure)}/people/${id(person)}/leave`, { body: {} }),
  resetFactor: (structure: string, person: string) =>
    call<void>("POST", `${of(structure)}/people/${id(person)}/reset-factor`, { body: {} }),
  openActs: (structure: string, person: string) =>
    call<{ items: { id: string; state: string; starts_at: string; duration_min: number }[] }>(
      "GET",
      `${of(structure)}/people/${id(person)}/open-acts`,
    ),
  handOver: (structure: string, person: string, what: { to: string } | { cancel: true }) =>
    call<{ moved: number; more: boolean; open_acts: OpenActs }>("POST", `${of(structure)}/people/${id(person)}/hand-over`, {
      body: what,
      key: newKey(),
    }),
  newcomers: (structure: string, signal?: AbortSignal) =>
    call<{ items: Newcomer[] }>("GET", `${of(structure)}/newcomers`, { signal }),
  invite: (structure: string, who: NewcomerFields, key: string) =>
    call<{ id: string }>("POST", `${of(structure)}/newcomers`, { body: who, key }),
  inviteAgain: (structure: string, newcomer: string) =>
    call<void>("POST", `${of(structure)}/newcomers/${id(newcomer)}/send-again`, { body: {}, key: newKey() }),
  withdraw: (structure: string, newcomer: string) =>
    call<void>("POST", `${of(structure)}/newcomers/${id(newcomer)}/withdraw`, { body: {} }),
};

export interface Arrival {
  state: "open" | "used" | "withdrawn" | "expired";
  structure: string;
  invited_by: string;
  role: Role;
  name: string | null;
  login?: string;
  known: boolean;
  language: Language;
}

export const arrivals = {
  open: (token: string) => call<Arrival>("POST", "/api/arrivals/open", { body: { token }, quiet: true }),
  accept: (token: string, password: string) =>
    call<{ me: Me | HalfMe }>("POST", "/api/arrivals/accept", { body: { token, password }, quiet: true }),
  join: (token: string) => call<Me>("POST", "/api/arrivals/join", { body: { token } }),
};

export type EquipmentState = "in_use" | "broken" | "in_repair" | "retired";
export const EQUIPMENT_STATES: EquipmentState[] = ["in_use", "broken", "in_repair", "retired"];

export interface Piece {
  id: string;
  kind: string;
  kind_name: string;
  name: string;
  state: EquipmentState;
  shared: boolean;
  changed_at: string;
}

export interface Inventory {
  kinds: { code: string; name: string }[];
  sites: { id: string; name: string; city: string; equipment: Piece[] }[];
}

export interface PieceFields {
  site: string;
  kind?: string;
  name: string;
  state: EquipmentState;
  shared: boolean;
}

export const equipment = {
  of: (structure: string, signal?: AbortSignal) => call<Inventory>("GET", `${of(structure)}/equipment`, { signal }),
  add: (structure: string, piece: PieceFields, key: string) =>
    call<{ id: string }>("POST", `${of(structure)}/equipment`, { body: piece, key }),
  change: (structure: string, piece: string, what: Partial<PieceFields>) =>
    call<void>("PATCH", `${of(structure)}/equipment/${id(piece)}`, { body: what }),
};

export interface Delegation {
  id: string;
  professional: Person;
  delegate: Person;
  structure: Structure;
  since: string;
  set_by: Person;
}

export const delegations = {
  list: (structure?: string, signal?: AbortSignal) =>
    call<{ items: Delegation[]; may_name: { structure: string; person: Person }[] }>("GET", `/api/delegations${structure ? `?structure=${id(structure)}` : ""}`, { signal }),
  give: (what: { structure: string; professional?: string; delegate: string }, key: string) =>
    call<{ id: string }>("POST", "/api/delegations", { body: what, key }),
  end: (delegation: string) => call<void>("POST", `/api/delegations/${id(delegation)}/end`, { body: {} }),
};

export type NotedAbsence = Absence & { id: string };

export const absences = {
  of: (person?: string, signal?: AbortSignal) =>
    call<{ items: NotedAbsence[] }>("GET", `/api/absences${person ? `?person=${id(person)}` : ""}`, { signal }),
  note: (what: { person?: string; from: string; until: string; replacement?: string }, key: string) =>
    call<{ id: string }>("POST", "/api/absences", { body: what, key }),
  cancel: (absence: string) => call<void>("POST", `/api/absences/${id(absence)}/cancel`, { body: {} }),
};

export const interests = {
  of: (person: string, signal?: AbortSignal) =>
    call<{ current: Interests | null; versions: Interests[] }>("GET", `/api/people/${id(person)}/interests`, { signal }),
  state: (links: InterestLink[], key: string) =>
    call<{ current: Interests; versions: Interests[] }>("POST", "/api/me/interests", { body: { links }, key }),
};

export interface CareMember {
  id: string;
  person: Person;
  structures: Structure[];
  since: string;
  act: { starts_at: string; type: string } | null;
  added_by: Person | null;
}

export interface CareTeam {
  items: CareMember[];
  may_change: boolean;
  /** Kept to this team, at the patient's wish. */
  restricted: boolean;
}

const careOf = (patient: string) => `/api/patients/${id(patient)}/team`;

export const care = {
  of: (patient: string, signal?: AbortSignal) => call<CareTeam>("GET", careOf(patient), { signal }),
  add: (patient: string, person: string, key: string) => call<CareTeam>("POST", careOf(patient), { body: { person }, key }),
  end: (patient: string, member: string) => call<void>("POST", `${careOf(patient)}/${id(member)}/end`, { body: {} }),
};
