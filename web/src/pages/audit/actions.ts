// What an action of the audit is called for people: a word beside one access, and the group it is counted
// in over a day. Many actions, few words; one table for both.

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

export type Group = "read" | "wrote" | "searched" | "planned" | "live" | "emergency" | "given" | "kept" | "account" | "watched" | "link" | "other";

const actions: Record<string, [keyof AccessWords, Group]> = {
  "patient.read": ["identity", "read"],
  "patient.search": ["found", "searched"],
  "patient.find": ["found", "searched"],
  "patient.listed": ["listed", "searched"],
  "patient.create": ["changed", "wrote"],
  "patient.update": ["changed", "wrote"],
  "patient.emergency": ["emergency", "emergency"],
  "patient.accesses": ["accesses", "watched"],
  "rights.read": ["identity", "read"],
  "rights.correct": ["changed", "wrote"],
  "rights.export": ["exported", "given"],
  "rights.restrict": ["restricted", "wrote"],
  "rights.restriction_end": ["restricted", "wrote"],
  "act.listed": ["listed", "searched"],
  "act.day": ["listed", "searched"],
  "act.list": ["listed", "searched"],
  "act.read": ["act", "read"],
  "act.create": ["planned", "planned"],
  "act.cancel": ["planned", "planned"],
  "act.reschedule": ["planned", "planned"],
  "act.remind": ["planned", "planned"],
  "act.renew_link": ["planned", "planned"],
  "act.hand_over": ["planned", "planned"],
  "act.invite": ["planned", "planned"],
  "act.consent": ["act", "wrote"],
  "act.join": ["joined", "live"],
  "session.enter": ["joined", "live"],
  "act.close": ["report", "wrote"],
  "act.amend": ["report", "wrote"],
  "act.not_done": ["report", "wrote"],
  "document.add": ["document", "wrote"],
  "document.read": ["document", "read"],
  "document.delete": ["document", "wrote"],
  "team.read": ["other", "read"],
  "structure.accesses": ["other", "watched"],
  "emergency.list": ["other", "watched"],
};

/** Of what is not named above. */
const beginnings: [string, Group][] = [
  ["act.", "planned"],
  ["session.", "account"],
  ["sign_in.", "account"],
  ["factor.", "account"],
  ["me.", "account"],
  ["psc.", "account"],
  ["audit.", "watched"],
  ["alert.", "watched"],
  ["visit.", "link"],
  ["delivery.", "link"],
  ["team.", "wrote"],
  ["people.", "kept"],
  ["structure.", "kept"],
  ["site.", "kept"],
  ["equipment.", "kept"],
  ["delegation.", "kept"],
  ["absence.", "kept"],
  ["interests.", "kept"],
];

/** Never nothing: an action without a word of its own is still an access. */
export function wordOf(action: string, of: AccessWords): string {
  const word = actions[action]?.[0] ?? (/^(visit|delivery)\./.test(action) ? "visit" : "other");
  return of[word];
}

export function groupOf(action: string): Group {
  return actions[action]?.[1] ?? beginnings.find(([start]) => action.startsWith(start))?.[1] ?? "other";
}

/** How often each group, most first. */
export function grouped(actions: { action: string; times: number }[]): [Group, number][] {
  const sums = new Map<Group, number>();
  for (const { action, times } of actions) sums.set(groupOf(action), (sums.get(groupOf(action)) ?? 0) + times);
  return [...sums].sort((a, b) => b[1] - a[1]);
}
