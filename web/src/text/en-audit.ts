// The words of the day of the audit and of certificates; in English.
import { formats } from "./format.ts";
import type { frAudit } from "./fr-audit.ts";

const f = formats("en");

export const enAudit: typeof frAudit = {
  audit: {
    title: "Who looked",
    lead: "Accesses to the records your structure knows, day by day",
    lead_of: (name) => `${name}: accesses to the records the structure knows, day by day`,
    meaning: "Who looked, from wherever, and at how many records; no patient is named. For one patient, their care team can hand over the whole list.",
    platform_title: "Audit",
    platform_lead: "What was done on the platform, day by day",
    platform_meaning: "What each person did, and with how many records; no patient is named, nothing clinical is shown.",
    day: "Day",
    before: "Day before",
    after: "Day after",
    nobody: "Nobody on that day.",
    by_links: "Patients and guests, by their links",
    emergency: "Emergency",
    patients: (n) => f.plural(n, "# record", "# records"),
    from_until: (from, until) => (from === until ? from : `${from} to ${until}`),
    groups: {
      read: (n) => f.plural(n, "# reading", "# readings"),
      wrote: (n) => f.plural(n, "# writing", "# writings"),
      searched: (n) => f.plural(n, "# search or list", "# searches or lists"),
      planned: (n) => f.plural(n, "# appointment", "# appointments"),
      live: (n) => f.plural(n, "# call entered", "# calls entered"),
      emergency: (n) => f.plural(n, "# emergency opening", "# emergency openings"),
      given: (n) => f.plural(n, "# copy for a patient", "# copies for patients"),
      kept: (n) => f.plural(n, "# change to accounts or structures", "# changes to accounts or structures"),
      account: (n) => f.plural(n, "# step on their own account", "# steps on their own account"),
      watched: (n) => f.plural(n, "# reading of the audit", "# readings of the audit"),
      link: (n) => f.plural(n, "# use of a link", "# uses of a link"),
      other: (n) => f.plural(n, "# other", "# others"),
    },
    chains: "The proof",
    chains_line: (rows, chains, last) => `${f.plural(rows, "# row", "# rows")} in ${f.plural(chains, "# chain", "# chains")}${last ? `, the last on ${last}` : ""}.`,
    checkpoints_written: "Signed checkpoints are being written.",
    checkpoints_failing: "Signed checkpoints are no longer written: the disk is full, or the database away.",
    verify: "To verify that nothing was changed, taken out or added, on the server:",
  },
  certificates: {
    title: "Certificates",
    which: {
      web: "The platform’s pages",
      turn: "Relay of last resort (TURN)",
      "client-authority": "Authority of site certificates",
      "client-crl": "Revocation list",
    },
    until: (day, left) => `Until ${day}, ${left}`,
    ended: (day) => `Ended on ${day}`,
    soon: "To be renewed",
    refused: (n) => f.plural(n, "# certificate refused at a reload: the old one stays in use", "# certificates refused at a reload: the old ones stay in use"),
    none: "The door has said nothing of its certificates.",
  },
};
