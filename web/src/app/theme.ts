// Light, dark, or as the device says. Kept on the device: it names nobody.
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const KEY = "teleloire.theme";

export const theme = signal<Theme>("system");

export function setTheme(next: Theme): void {
  theme.value = next;
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  localStorage.setItem(KEY, next);
}

export function startTheme(): void {
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") setTheme(kept);
}
