// Who took part, each once: who leaves and comes back takes a new seat, and
// is the same person. Two of one name and role are told apart only by being
// there at the same time.
import type { Act } from "../../api/types.ts";

type Seat = Act["participants"][number];

export interface Person extends Omit<Seat, "participant" | "joined_at" | "left_at"> {
  key: string;
  times: { joined_at: string; left_at: string | null }[];
}

export function stays(seats: Seat[]): Person[] {
  const people: Person[] = [];
  for (const seat of [...seats].sort((a, b) => Date.parse(a.joined_at) - Date.parse(b.joined_at))) {
    const { participant, joined_at, left_at, ...who } = seat;
    const same = people.find((p) => {
      const last = p.times[p.times.length - 1];
      return p.name === who.name && p.role === who.role && last?.left_at && Date.parse(last.left_at) <= Date.parse(joined_at);
    });
    if (same) {
      same.times.push({ joined_at, left_at });
      same.identity_checked ||= who.identity_checked;
    } else people.push({ ...who, key: participant, times: [{ joined_at, left_at }] });
  }
  return people;
}
