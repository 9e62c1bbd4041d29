// The words of a patient's rights over their data, in English.
import { formats } from "./format.ts";
import type { frRights } from "./fr-rights.ts";

const f = formats("en");

export const enRights: typeof frRights = {
  title: "Patient's rights",
  lead: "Copy, correction and restriction of their data",
  copy: "Hand over their data",
  copy_text:
    "A compressed folder: a page to read or print, the same for other software, and every document. For the patient, or whoever they named.",
  copy_closed: "The patient's care team can hand over a copy of their data.",
  copy_go: "Prepare the folder",
  copy_documents: (done: number, all: number) => `Document ${done} of ${all}`,
  copy_done: "The folder is among your downloads: delete it once handed over.",
  copy_large: "These documents are over 500 MB: hand them over act by act.",
  correct: "Correct the identity",
  correct_text: "The identity before is kept on record, with your name and the reason.",
  correct_reason: "Reason for the correction",
  correct_reason_hint: "For instance: typing error, identity card shown",
  correct_go: "Correct",
  corrected: "The identity is corrected.",
  reason_short: "At least three characters",
  history: "Changes",
  no_history: "No change since the record was made.",
  contact_changed: "Contact or name in use",
  was: "Before:",
  empty: "empty",
  restrict: "Restrict the use of data",
  restrict_text:
    "As the patient asked, only their care team still sees their record and acts; other people of their structures no longer find it. Emergency access remains.",
  restrict_reason: "What the patient asked",
  restrict_go: "Restrict",
  restricted: (when: string, name: string) => `Restricted since ${when}, noted by ${name}`,
  restricted_said: "Their data is visible to the care team only.",
  restrict_end: "Lift the restriction",
  restrict_ended: "The restriction is lifted.",
  restricted_before: (from: string, to: string) => `From ${from} to ${to}`,
  restrict_closed: "The patient's care team notes what they ask.",
  file: {
    name: "record",
    title: (name: string) => `Health data of ${name}`,
    made: (when: string, by: string) => `Copy prepared on ${when} by ${by}`,
    meaning: "Everything Téléloire holds about you. For a question or a correction, ask whoever handed it to you.",
    team: "Your care team",
    since: (from: string, to: string | null) => (to ? `from ${from} to ${to}` : `since ${from}`),
    acts: "Your acts",
    report: (version: number) => `Report, version ${version}`,
    conclusion: (words: string) => `Conclusion: ${words}`,
    why: (words: string) => `Reason for the change: ${words}`,
    consent: (given: boolean, when: string) => `Consent ${given ? "given" : "refused"}, ${when}`,
    documents: "Documents",
    accesses: "Who looked at your data",
    times: (n: number) => f.plural(n, "# time", "# times"),
  },
};
