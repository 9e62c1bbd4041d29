// Links as they are typed, and as they are sent.
import type { InterestLink } from "../api/types.ts";

export interface DraftLink {
  organisation: string;
  nature: string;
  since: string;
}

export const blankLink = (): DraftLink => ({ organisation: "", nature: "", since: "" });

const FIRST = 1950;

/** What is wrong with each: an empty field, a year that is none. */
export function wrongLinks(links: DraftLink[], year = new Date().getFullYear()): { organisation: boolean; nature: boolean; since: boolean }[] {
  return links.map((l) => {
    const since = l.since.trim();
    return {
      organisation: !l.organisation.trim(),
      nature: !l.nature.trim(),
      since: since !== "" && !(/^\d{4}$/.test(since) && Number(since) >= FIRST && Number(since) <= year),
    };
  });
}

export function readLinks(links: DraftLink[]): InterestLink[] {
  return links.map((l) => ({
    organisation: l.organisation.trim(),
    nature: l.nature.trim(),
    since_year: l.since.trim() ? Number(l.since.trim()) : null,
  }));
}
