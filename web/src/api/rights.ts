// What a patient may ask of who holds their data, and what is handed to them.
import { call } from "./http.ts";
import type { Access, Act, Patient, Person, Traits } from "./types.ts";

export interface Correction {
  id: string;
  at: string;
  by: Person;
  /** Empty for a change of contact. */
  reason: string;
  before: Traits;
}

export interface Restriction {
  since: string;
  by: Person;
  reason: string;
}

export interface Rights {
  restriction: Restriction | null;
  restrictions_ended: (Restriction & { until: string; ended_by: Person })[];
  may_restrict: boolean;
  corrections: Correction[];
}

export interface PatientExport {
  format: string;
  made_at: string;
  made_by: Person;
  patient: Patient;
  rights: Rights;
  care_team: { person: Person; since: string; until: string | null }[];
  acts: (Act & { reports: { version: number; closed_at: string; by: Person; text: string; conclusion: string; why: string | null }[] })[];
  accesses: Access[];
}

export type CorrectedTraits = Pick<Traits, "birth_name" | "first_names" | "birth_date" | "sex" | "birth_place_code" | "ins" | "ins_oid">;

const of = (patient: string) => `/api/patients/${encodeURIComponent(patient)}`;

export const rights = {
  get: (patient: string, signal?: AbortSignal) => call<Rights>("GET", `${of(patient)}/rights`, { signal }),
  correct: (patient: string, what: CorrectedTraits & { reason: string }, key: string) =>
    call<Patient>("POST", `${of(patient)}/corrections`, { body: what, key }),
  restrict: (patient: string, reason: string, key: string) => call<Rights>("POST", `${of(patient)}/restriction`, { body: { reason }, key }),
  endRestriction: (patient: string) => call<Rights>("POST", `${of(patient)}/restriction/end`, { body: {} }),
  export: (patient: string) => call<PatientExport>("GET", `${of(patient)}/export`),
};
