// The operator's calls of docs/api.md, and their shapes.
import { call } from "./http.ts";
import type { NewcomerFields } from "./people.ts";
import type { List, Person, Structure } from "./types.ts";

const id = encodeURIComponent;

export interface StructureLine extends Structure {
  people: number;
  managers: number;
  sites: number;
  closed_at: string | null;
}

export interface Site {
  id: string;
  name: string;
  finess: string | null;
  address: string;
  postal_code: string;
  city: string;
  phone: string | null;
  closed_at: string | null;
}

export interface StructureWhole extends Structure {
  address: string;
  postal_code: string;
  phone: string | null;
  closed_at: string | null;
  sites: Site[];
  managers: Person[];
}

export interface PlaceFields {
  name: string;
  kind?: Structure["kind"];
  finess: string | null;
  address: string;
  postal_code: string;
  city: string;
  departement?: string;
  phone: string | null;
}

export interface Health {
  version: string;
  database: {
    version: string;
    since: string;
    size_bytes: number;
    connections: number;
    connections_most: number;
    migration: number;
  } | null;
  outbox: { waiting: number; late: number; dead: number; oldest: string | null } | null;
  processes: {
    ready: boolean;
    database: boolean;
    relays: number;
    courier: boolean;
    journal_events: number;
    warnings: string[];
    list: { role: string; index: number; up: boolean; answers: boolean; restarts: number }[];
    refused_events: number;
    stalled_events: number;
    sessions: number;
    up_s: number;
  } | null;
}

const one = (structure: string) => `/api/operator/structures/${id(structure)}`;

export const platform = {
  health: (signal?: AbortSignal) => call<Health>("GET", "/api/operator/health", { signal }),
  structures: (q: string, after: string | null, signal?: AbortSignal) =>
    call<List<StructureLine>>("GET", `/api/operator/structures?limit=25${q && `&q=${id(q)}`}${after ? `&after=${id(after)}` : ""}`, { signal }),
  structure: (structure: string, signal?: AbortSignal) => call<StructureWhole>("GET", one(structure), { signal }),
  add: (fields: PlaceFields, key: string) => call<StructureWhole>("POST", "/api/operator/structures", { body: fields, key }),
  change: (structure: string, fields: Partial<PlaceFields>) => call<StructureWhole>("PATCH", one(structure), { body: fields }),
  close: (structure: string) => call<StructureWhole>("POST", `${one(structure)}/close`, { body: {} }),
  inviteManager: (structure: string, who: NewcomerFields, key: string) =>
    call<{ id: string }>("POST", `${one(structure)}/manager`, { body: who, key }),
  addSite: (structure: string, fields: PlaceFields, key: string) =>
    call<StructureWhole>("POST", `${one(structure)}/sites`, { body: fields, key }),
  changeSite: (structure: string, site: string, fields: Partial<PlaceFields> & { closed?: true }) =>
    call<StructureWhole>("PATCH", `${one(structure)}/sites/${id(site)}`, { body: fields }),
};
