// Checks the browser can make before asking the server; the server decides.

export function emailLooksWrong(value: string): boolean {
  return value !== "" && !/^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(value);
}

export function phoneLooksWrong(value: string): boolean {
  return value !== "" && !/^\+?[0-9][0-9 .()-]{7,18}$/.test(value);
}

/** "06 12 34 56 78" as +33612345678; a number with + keeps its country. */
export function phoneForServer(value: string): string | null {
  const digits = value.replace(/[ .()-]/g, "");
  if (digits === "") return null;
  return /^0[1-9]\d{8}$/.test(digits) ? `+33${digits.slice(1)}` : digits;
}

/** +33261910100 as a French reader says it; another country's number as it is. */
export function phoneShown(value: string): string {
  const digits = /^\+33(\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value);
  return digits ? `0${digits.slice(1).join("\u00a0")}` : value;
}

const DATE = /^(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})$/;

/** Written as a date is, which does not mean that the day exists. */
export function hasDateShape(value: string): boolean {
  return DATE.test(value.trim());
}

/** A French birth date typed as 12/04/1956, or null. */
export function readDate(value: string): string | null {
  const typed = DATE.exec(value.trim());
  const iso = typed ? `${typed[3]}-${typed[2]?.padStart(2, "0")}-${typed[1]?.padStart(2, "0")}` : value.trim();
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso)) return null;
  const at = new Date(`${iso}T00:00:00Z`);
  return Number.isFinite(at.getTime()) && at.toISOString().slice(0, 10) === iso ? iso : null;
}

/** The control key of a French matricule: 97 less the remainder of its 13 digits.
 *  Corsica's 2A and 2B count as 19 and 18. */
export function insKeyIsRight(ins: string): boolean {
  if (!/^\d{5}(\d{2}|2[AB])\d{8}$/.test(ins)) return false;
  const digits = ins.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return 97n - (BigInt(digits) % 97n) === BigInt(ins.slice(13));
}
