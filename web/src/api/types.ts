// The shapes of docs/api.md, field for field.

export type Role = "doctor" | "nurse" | "midwife" | "secretary" | "manager" | "operator" | "ars" | "committee";
export type ActState = "planned" | "waiting" | "live" | "to_close" | "closed" | "not_done" | "amended";
export type Sex = "F" | "M" | "U";
export type Language = "fr" | "en";
export type InsStatus = "provisional" | "retrieved" | "validated" | "qualified";

export interface Person {
  id: string;
  family_name: string;
  given_name: string;
  display_name: string;
  profession: string;
  rpps: string | null;
}

export interface Structure {
  id: string;
  name: string;
  kind: "msp" | "hospital" | "ehpad" | "ars";
  finess: string | null;
  city: string;
  departement: string;
}

export interface DirectoryPerson extends Person {
  structures: Structure[];
  absence: Absence | null;
  interests: Interests | null;
}

/** Days of the region, both included. */
export interface Absence {
  from: string;
  until: string;
  replacement: Person | null;
}

export interface InterestLink {
  organisation: string;
  nature: string;
  since_year: number | null;
}

/** No link: "aucun lien". */
export interface Interests {
  version: number;
  at: string;
  links: InterestLink[];
}

export interface Me {
  person: Person;
  memberships: { structure: Structure; role: Role }[];
  csrf: string;
  language: Language;
  demo: boolean;
}

/** The password was right, the second factor is missing: nothing else is open yet. */
export interface HalfMe {
  missing: "code" | "enrol";
  name: string;
  language: Language;
  csrf: string;
  demo: boolean;
  /** Of a demo account: what its application would show. */
  demo_code?: string;
}

/** One person, one action and one act of a day. */
export interface Access {
  day: string;
  first_at: string;
  last_at: string;
  times: number;
  action: string;
  who: { kind: "person" | "patient" | "helper" | "recipient"; name?: string; profession?: string; structures?: string[] };
  act: string | null;
  /** The reason given, when it was an emergency access. */
  emergency: string | null;
}

export interface Accesses {
  items: Access[];
  /** The day to ask before; null at the end. */
  next: string | null;
}

/** An unusual access, once for a rule, a person and a day. */
export interface Alert {
  id: string;
  rule: "many_patients" | "at_night" | "beyond_care";
  at: string;
  day: string;
  patients: number;
  person: { id: string; name: string; profession: string };
  seen: { by: string; at: string; comment: string } | null;
}

export interface EmergencyAccess {
  id: string;
  at: string;
  expires_at: string;
  reason: string;
  patient: string;
  by: Person;
}

/** A browser signed in to one's account. */
export interface Browser {
  id: string;
  since: string;
  last_seen_at: string;
  here: boolean;
  /** It came by Pro Santé Connect. */
  psc: boolean;
}

export interface About {
  name: string;
  version: string;
  region: string;
  demo: boolean;
  /** Pro Santé Connect is offered. */
  psc: boolean;
}

export interface Traits {
  birth_name: string;
  used_name: string | null;
  first_names: string;
  birth_date: string;
  sex: Sex;
  birth_place_code: string;
  ins: string | null;
  ins_oid: string | null;
  phone: string | null;
  email: string | null;
}

export interface Patient extends Traits {
  id: string;
  ins_status: InsStatus;
  demo: boolean;
}

export type InvitationState = "none" | "sent" | "opened" | "verified" | "expired" | "locked" | "ended";

export interface ActShort {
  id: string;
  type: string;
  state: ActState;
  starts_at: string;
  duration_min: number;
  reason: string;
  patient: { id: string; display_name: string; birth_date: string; sex: Sex };
  professional: Person;
  structure: { id: string; name: string };
  waiting_since: string | null;
  waiting_count: number;
  live_since: string | null;
  invitation: { state: InvitationState; sent_at: string | null; channel: "email" | "sms" | "both" } | null;
  closed_at: string | null;
  version: number;
}

export interface ActDocument {
  id: string;
  kind: "photo" | "prescription" | "report" | "other";
  name: string;
  media_type: string;
  size: number;
  created_at: string;
  by: Person | null;
}

export interface Incident {
  id: string;
  kind: string;
  started_at: string;
  ended_at: string | null;
  measure: number | null;
  unit: string | null;
  sentence: string;
}

export interface Report {
  text: string;
  conclusion: string;
  incidents_confirmed: boolean;
  incident_comment: string | null;
  identity_checked: boolean;
  prescription: ActDocument | null;
  sent_to_patient: boolean;
}

export type May =
  | "cancel"
  | "reschedule"
  | "remind"
  | "renew_link"
  | "hand_over"
  | "join"
  | "close"
  | "not_done"
  | "amend"
  | "invite"
  | "document";

export interface Act extends ActShort {
  participants: {
    participant: string;
    name: string;
    role: string;
    title: string;
    joined_at: string;
    left_at: string | null;
    identity_checked: boolean;
  }[];
  consents: { given: boolean; by: "patient" | "helper"; at: string; text_version: string; text_language: string }[];
  events: { id: string; type: string; at: string; detail: Record<string, unknown>; label: string }[];
  incidents: Incident[];
  documents: ActDocument[];
  report: Report | null;
  versions: { version: number; closed_at: string; by: Person }[];
  may: May[];
  not_done: { reason: string; comment: string } | null;
}

export interface Day {
  date: string;
  now: ActShort[];
  items: ActShort[];
  to_close: ActShort[];
  counts: { planned: number; waiting: number; live: number; to_close: number };
}

export interface List<Item> {
  items: Item[];
  next: string | null;
}

export interface Invitation {
  state:
    | "code_needed"
    | "code_used"
    | "early"
    | "expired"
    | "locked"
    | "ended"
    | "cancelled"
    | "not_held"
    | "replaced"
    | "elsewhere";
  professional?: string;
  structure?: string;
  structure_phone?: string | null;
  starts_at?: string;
  contact?: string;
  tries_left?: number;
  language?: Language;
}

export interface Visit {
  act: string;
  csrf: string;
  state: "planned" | "waiting" | "live" | "ended" | "cancelled";
  starts_at: string;
  duration_min: number;
  professional: string;
  structure: string;
  structure_phone: string | null;
  interests: Interests | null;
  you: { name: string; role: string };
  consent: {
    needed: boolean;
    given: boolean | null;
    text_version: string;
    text: { title: string; paragraphs: string[]; more: string[] };
  };
  tested: boolean;
  documents: ActDocument[];
  report_ready: boolean;
}

export interface Delivery {
  professional: string;
  structure: string;
  date: string;
  documents: ActDocument[];
}

export interface Closing {
  text: string;
  conclusion: string;
  incidents_confirmed: boolean;
  incident_comment: string | null;
  identity_checked: boolean;
  prescription: string | null;
  send_to_patient: boolean;
}
