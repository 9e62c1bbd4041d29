// The words of what keeps trust: who looked at a record, alerts, signed-in devices; in English.
import { formats } from "./format.ts";
import type { frTrust } from "./fr-trust.ts";

const f = formats("en");

export const enTrust: typeof frTrust = {
  accesses: {
    title: "Who looked at this record",
    lead: "Every look at the patient's data, day by day",
    meaning:
      "Patients have the right to know who saw their data. This page may be shown to them or printed; what it says can be neither changed nor erased.",
    print: "Print",
    nobody: "Nobody has looked at this record yet.",
    more: "Earlier days",
    act: "See the act",
    times: (n: number) => f.plural(n, "# time", "# times"),
    emergency: "Emergency access",
    by_link: {
      patient: "The patient, by their link",
      helper: "Who accompanies, by their link",
      recipient: "The link to the report",
    },
    actions: {
      identity: "read the identity and contact",
      found: "searched for this patient",
      listed: "saw them in a list",
      act: "read an act",
      document: "read or added a document",
      changed: "changed the identity or contact",
      joined: "entered the teleconsultation",
      planned: "planned or changed an appointment",
      report: "wrote the closing of the act",
      emergency: "opened the record in an emergency",
      visit: "used the link",
      accesses: "read this list",
      exported: "prepared a copy of the patient's data",
      restricted: "restricted the use of the data, or lifted that",
      other: "saw data",
    },
  },
  alerts: {
    title: "Alerts",
    lead: "Accesses to records that ask for your attention",
    unusual: "Unusual accesses",
    meaning: "Unusual does not mean wrong. Talk to the person, then write down what it was: the answer stays with the alert.",
    none: "No alert: the accesses are those of an ordinary day.",
    rules: {
      many_patients: (n: number) => `Opened ${n} different records within an hour.`,
      at_night: (n: number) => `Opened ${n} different records at night.`,
      beyond_care: (n: number) => `Opened ${n} records of patients they do not care for.`,
    },
    answer: "Answer the alert",
    comment: "What it was",
    comment_short: "At least three characters",
    answered: (name: string, day: string) => `Answered by ${name} on ${day}`,
    emergencies: "Emergency accesses",
    no_emergency: "No record was opened in an emergency.",
    reason: "Reason",
    from_until: (from: string, until: string) => `${from}, until ${until}`,
  },
  psc: {
    sign_in: "Sign in with Pro Santé Connect",
    or: "or with a local account",
    refused: "The sign-in was cancelled, or refused by Pro Santé Connect. You can start again.",
    unknown:
      "Pro Santé Connect knows you, but no account here has your RPPS number. Ask the manager of your structure to invite you with that number.",
    away: "Pro Santé Connect does not answer at the moment. Try again in a few minutes, or use a local account.",
    failed: "The sign-in with Pro Santé Connect did not work out. Start again from this page; if it happens again, tell your support.",
    came_by: "By Pro Santé Connect",
    elsewhere: "Sign in with Pro Santé Connect in another tab",
    done: "Done",
    not_yet: "You are not signed in to this account yet.",
  },
  browsers: {
    title: "Signed-in devices",
    lead: "The browsers where your account is open. A session ends by itself after 30 minutes without use, and after 12 hours at the latest.",
    since: (at: string) => `Opened ${at}`,
    seen: (at: string) => `Seen ${at}`,
    here: "This device",
    end: "Sign out",
    end_of: (at: string) => `Sign out the session opened ${at}`,
    ended: "This device is signed out.",
    everywhere: "Sign out everywhere",
  },
};
