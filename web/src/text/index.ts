// The catalogue in use. Components call text() while they render and are
// drawn again when the language changes.
import { computed, signal } from "@preact/signals";
import type { Language } from "../api/types.ts";
import { setAcceptLanguage } from "../api/http.ts";
import { en } from "./en.ts";
import { type Formats, formats } from "./format.ts";
import { type Catalogue, fr } from "./fr.ts";

const catalogues: Record<Language, Catalogue> = { fr, en };
const KEY = "teleloire.language";

export const language = signal<Language>("fr");

const current = computed(() => catalogues[language.value]);
const currentFormats = computed(() => formats(language.value));

export function text(): Catalogue {
  return current.value;
}

export function format(): Formats {
  return currentFormats.value;
}

export function isLanguage(value: unknown): value is Language {
  return value === "fr" || value === "en";
}

export function setLanguage(next: Language, remember = true): void {
  language.value = next;
  document.documentElement.lang = next;
  setAcceptLanguage(next);
  if (remember) localStorage.setItem(KEY, next);
}

let chosen: Language | null = null;

/** By a press on the page, not by what an account or a link says. */
export function chooseLanguage(next: Language): void {
  chosen = next;
  setLanguage(next);
}

/** What was chosen since the last time it was asked. */
export function chosenLanguage(): Language | null {
  const taken = chosen;
  chosen = null;
  return taken;
}

export function startLanguage(): void {
  const kept = localStorage.getItem(KEY);
  setLanguage(isLanguage(kept) ? kept : "fr", false);
}
