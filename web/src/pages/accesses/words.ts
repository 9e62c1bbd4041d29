// What an action of the audit is called for people: many actions, few words.

export interface AccessWords {
  identity: string;
  found: string;
  listed: string;
  act: string;
  document: string;
  changed: string;
  joined: string;
  planned: string;
  report: string;
  emergency: string;
  visit: string;
  accesses: string;
  exported: string;
  restricted: string;
  other: string;
}

const words: Record<string, keyof AccessWords> = {
  "patient.read": "identity",
  "patient.search": "found",
  "patient.find": "found",
  "patient.listed": "listed",
  "patient.create": "changed",
  "patient.update": "changed",
  "patient.emergency": "emergency",
  "patient.accesses": "accesses",
  "rights.read": "identity",
  "rights.correct": "changed",
  "rights.export": "exported",
  "rights.restrict": "restricted",
  "rights.restriction_end": "restricted",
  "act.listed": "listed",
  "act.day": "listed",
  "act.list": "listed",
  "act.read": "act",
  "act.create": "planned",
  "act.cancel": "planned",
  "act.reschedule": "planned",
  "act.remind": "planned",
  "act.renew_link": "planned",
  "act.hand_over": "planned",
  "act.invite": "planned",
  "act.consent": "act",
  "act.join": "joined",
  "session.enter": "joined",
  "act.close": "report",
  "act.amend": "report",
  "act.not_done": "report",
  "document.add": "document",
  "document.read": "document",
  "document.delete": "document",
};

/** Never nothing: an action without a word of its own is still an access. */
export function wordOf(action: string, of: AccessWords): string {
  const word = words[action] ?? (/^(visit|delivery)\./.test(action) ? "visit" : "other");
  return of[word];
}
