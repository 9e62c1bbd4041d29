// Dates, durations, sizes and plurals, through Intl only. Times are shown in
// the region's zone whatever the computer's, so that doctor and patient read
// the same hour.
import type { Language } from "../api/types.ts";

const ZONE = "Europe/Paris";
const locales: Record<Language, string> = { fr: "fr-FR", en: "en-GB" };
const cache = new Map<string, unknown>();

function cached<T>(key: string, make: () => T): T {
  let value = cache.get(key) as T | undefined;
  if (value === undefined) {
    value = make();
    cache.set(key, value);
  }
  return value;
}

function dateFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return cached(`d${language}${JSON.stringify(options)}`, () => {
    return new Intl.DateTimeFormat(locales[language], { timeZone: ZONE, ...options });
  });
}

export function formats(language: Language) {
  const locale = locales[language];
  const plurals = cached(`p${language}`, () => new Intl.PluralRules(locale));
  const relative = cached(`r${language}`, () => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
  const numbers = cached(`n${language}`, () => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }));
  const day: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long" };

  return {
    time: (at: string | number | Date) => dateFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(at)),
    /** "lundi 23 novembre" for a day given as 2026-11-23. */
    day: (date: string) =>
      capital(dateFormat(language, { ...day, timeZone: "UTC" }).format(new Date(`${date}T12:00:00Z`))),
    /** "Lundi 23 novembre 2026" for a day given as 2026-11-23. */
    fullDay: (date: string) =>
      capital(dateFormat(language, { ...day, year: "numeric", timeZone: "UTC" }).format(new Date(`${date}T12:00:00Z`))),
    weekday: (date: string, weekday: "short" | "long") =>
      dateFormat(language, { weekday, timeZone: "UTC" }).format(new Date(`${date}T12:00:00Z`)),
    month: (date: string) =>
      capital(dateFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${date}T12:00:00Z`))),
    dayOf: (at: string) => dateFormat(language, day).format(new Date(at)),
    dateTime: (at: string) =>
      dateFormat(language, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" }).format(new Date(at)),
    longDateTime: (at: string) =>
      dateFormat(language, { dateStyle: "full", timeStyle: "short" }).format(new Date(at)),
    shortDate: (at: string) =>
      dateFormat(language, { day: "2-digit", month: "2-digit", year: "numeric" }).format(new Date(at)),
    /** A civil date such as a birth date: no zone may move it. */
    civil: (date: string) =>
      dateFormat(language, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" }).format(
        new Date(`${date}T12:00:00Z`),
      ),
    relative: (at: string | number, now: number) => {
      const minutes = Math.round((new Date(at).getTime() - now) / 60_000);
      if (minutes === 0) return language === "fr" ? "à l’instant" : "just now";
      if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
      const hours = Math.round(minutes / 60);
      if (Math.abs(hours) < 24) return relative.format(hours, "hour");
      return relative.format(Math.round(hours / 24), "day");
    },
    duration: (seconds: number) => {
      const s = Math.max(0, Math.floor(seconds));
      const two = (n: number) => String(n).padStart(2, "0");
      const hours = Math.floor(s / 3600);
      const rest = `${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
      return hours > 0 ? `${hours}:${rest}` : rest;
    },
    minutes: (n: number) =>
      n >= 120
        ? new Intl.NumberFormat(locale, { style: "unit", unit: "hour", unitDisplay: "short" }).format(Math.floor(n / 60))
        : new Intl.NumberFormat(locale, { style: "unit", unit: "minute", unitDisplay: "short" }).format(n),
    number: (n: number) => numbers.format(n),
    size: (bytes: number) => {
      const units = ["byte", "kilobyte", "megabyte"] as const;
      const step = bytes < 1000 ? 0 : bytes < 1e6 ? 1 : 2;
      return new Intl.NumberFormat(locale, {
        style: "unit",
        unit: units[step] ?? "byte",
        unitDisplay: "short",
        maximumFractionDigits: step === 2 ? 1 : 0,
      }).format(bytes / 1000 ** step);
    },
    list: (items: string[]) => new Intl.ListFormat(locale, { type: "conjunction" }).format(items),
    plural: (n: number, one: string, other: string) =>
      (plurals.select(n) === "one" ? one : other).replace("#", numbers.format(n)),
  };
}

export type Formats = ReturnType<typeof formats>;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Today's date in the region, as 2026-11-23. */
export function today(now = Date.now()): string {
  return dayIn(now);
}

export function dayIn(at: number | string): string {
  const parts = dateFormat("en", { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(at));
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The instant at which the region's clock shows this date and time. */
export function instant(date: string, time: string): string {
  const guess = Date.parse(`${date}T${time}:00Z`);
  const shown = dateFormat("en", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(new Date(guess));
  const part = (type: string) => Number(shown.find((p) => p.type === type)?.value ?? 0);
  const seen = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return new Date(guess - (seen - guess)).toISOString();
}

export function ageAt(birthDate: string, now = Date.now()): number {
  const born = new Date(`${birthDate}T00:00:00Z`);
  const then = new Date(now);
  const before =
    then.getUTCMonth() < born.getUTCMonth() ||
    (then.getUTCMonth() === born.getUTCMonth() && then.getUTCDate() < born.getUTCDate());
  return then.getUTCFullYear() - born.getUTCFullYear() - (before ? 1 : 0);
}

/** The moment as a file's name says it, on the region's clock: 2026-11-26-14-05-09. */
export function fileStamp(at: number): string {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Europe/Paris",
    dateStyle: "short",
    timeStyle: "medium",
  }).format(at);
  return parts.replace(/[: ]/g, "-");
}
