// Which entries the side bar has: by what somebody does here, five at most.

export type Entry = "day" | "create" | "acts" | "patients" | "team" | "platform" | "settings";

const MOST = 5;

/** The settings go first when there is no room: one's own name at the foot leads there, and the pages of
 *  team and platform do. */
export function entriesFor(does: { acts: boolean; manages: boolean; operates: boolean }): Entry[] {
  const all: Entry[] = [
    ...(does.acts ? (["day", "create", "acts", "patients"] as const) : []),
    ...(does.manages ? (["team"] as const) : []),
    ...(does.operates ? (["platform"] as const) : []),
  ];
  if (all.length < MOST) return [...all, "settings"];
  // Whoever does everything finds planning on the day's page as well.
  return all.length > MOST ? all.filter((e) => e !== "create") : all;
}
