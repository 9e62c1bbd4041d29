// A day of the audit, for those who answer for people, and the platform's certificates.
import { call } from "./http.ts";

const id = encodeURIComponent;

/** What one person, or everybody who came by a link, did on a day. No patient is named. */
export interface DayLine {
  who: { kind: string; name?: string; profession?: string; structures?: string[] };
  patients: number;
  first_at: string;
  last_at: string;
  actions: { action: string; times: number }[];
}

export interface AuditDay {
  day: string;
  items: DayLine[];
  /** The operator's alone. */
  state: {
    rows: number;
    chains: { writer: string; rows: number; last_at: string }[];
    checkpoints_failing: boolean | null;
  } | null;
}

export interface Certificate {
  which: "web" | "turn" | "client-authority" | "client-crl";
  name: string;
  ends_at: string;
}

/** day: "2026-11-28", or "" for today in the region. */
const of = (path: string, day: string, signal?: AbortSignal) => call<AuditDay>("GET", day ? `${path}?day=${id(day)}` : path, { signal });

export const audit = {
  structure: (structure: string, day: string, signal?: AbortSignal) => of(`/api/structures/${id(structure)}/accesses`, day, signal),
  platform: (day: string, signal?: AbortSignal) => of("/api/operator/audit", day, signal),
  certificates: (signal?: AbortSignal) =>
    call<{ items: Certificate[]; refused: number | null }>("GET", "/api/operator/certificates", { signal }),
};
