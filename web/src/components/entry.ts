// Hours as people type them: 14:30, 14h30, 14 h, 1430, 9.

const two = (n: number) => String(n).padStart(2, "0");

/** 14:30, or null when that is no hour of the day. */
export function readTime(typed: string): string | null {
  const found = /^(\d{1,2})(?:\s*[:hH.]\s*(\d{2})?)?$/.exec(typed.trim()) ?? /^(\d{1,2})(\d{2})$/.exec(typed.trim());
  if (!found) return null;
  const hours = Number(found[1]);
  const minutes = Number(found[2] ?? 0);
  return hours < 24 && minutes < 60 ? `${two(hours)}:${two(minutes)}` : null;
}

/** Some minutes later or earlier, on the next whole step; the day goes round. */
export function stepTime(time: string, minutes: number): string {
  const at = Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const size = Math.abs(minutes);
  const stepped = (minutes > 0 ? Math.floor(at / size) + 1 : Math.ceil(at / size) - 1) * size;
  const within = (stepped + 1440) % 1440;
  return `${two(Math.floor(within / 60))}:${two(within % 60)}`;
}

/** The days a month's page shows, Monday first: whole weeks, as 2026-11-23. */
export function weeksOf(month: string): string[][] {
  const first = new Date(`${month}-01T12:00:00Z`);
  const start = first.getTime() - ((first.getUTCDay() + 6) % 7) * 86_400_000;
  const weeks: string[][] = [];
  for (let week = 0; week < 6; week++) {
    const days = [0, 1, 2, 3, 4, 5, 6].map((day) => new Date(start + (week * 7 + day) * 86_400_000).toISOString().slice(0, 10));
    if (week > 0 && days[0]?.slice(0, 7) !== month) break;
    weeks.push(days);
  }
  return weeks;
}

/** The same day some months away, or the last of that month. */
export function addMonths(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0, 12));
  last.setUTCDate(Math.min(day, last.getUTCDate()));
  return last.toISOString().slice(0, 10);
}
