// Many actions of the audit, few words for a day: what was done with patients' data, and the rest.
export type Group = "read" | "wrote" | "searched" | "planned" | "live" | "emergency" | "given" | "kept" | "account" | "watched" | "link" | "other";

const exact: Record<string, Group> = {
  "patient.read": "read",
  "act.read": "read",
  "document.read": "read",
  "rights.read": "read",
  "team.read": "read",
  "patient.search": "searched",
  "patient.find": "searched",
  "patient.listed": "searched",
  "act.listed": "searched",
  "act.day": "searched",
  "act.list": "searched",
  "act.search": "searched",
  "act.close": "wrote",
  "act.amend": "wrote",
  "act.not_done": "wrote",
  "act.consent": "wrote",
  "document.add": "wrote",
  "document.delete": "wrote",
  "patient.create": "wrote",
  "patient.update": "wrote",
  "rights.correct": "wrote",
  "act.join": "live",
  "patient.emergency": "emergency",
  "rights.export": "given",
  "rights.restrict": "wrote",
  "rights.restriction_end": "wrote",
  "patient.accesses": "watched",
  "structure.accesses": "watched",
  "emergency.list": "watched",
};

const beginnings: [string, Group][] = [
  ["act.", "planned"],
  ["session.enter", "live"],
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

export function groupOf(action: string): Group {
  return exact[action] ?? beginnings.find(([start]) => action.startsWith(start))?.[1] ?? "other";
}

/** How often each group, most first. */
export function grouped(actions: { action: string; times: number }[]): [Group, number][] {
  const sums = new Map<Group, number>();
  for (const { action, times } of actions) sums.set(groupOf(action), (sums.get(groupOf(action)) ?? 0) + times);
  return [...sums].sort((a, b) => b[1] - a[1]);
}
