// The frame of the professional's pages: side bar, or bottom bar on a phone.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { busy } from "../api/http.ts";
import { navigate, place } from "../app/router.ts";
import { type Entry, entriesFor } from "../app/entries.ts";
import { managed, me, operates, seesActs } from "../app/session.ts";
import { useShortcuts } from "../app/shortcuts.ts";
import { text } from "../text/index.ts";
import { Initials } from "./Bits.tsx";
import { Icon, type IconName } from "./Icon.tsx";
import { Keys } from "./Keys.tsx";
import { Logo, River } from "./Logo.tsx";
import "./Shell.css";

export function Shell({ children }: { children: ComponentChildren }) {
  const t = text();
  const [help, setHelp] = useState(false);
  useShortcuts({
    ...(seesActs.value
      ? {
          n: () => void navigate("/nouvelle"),
          "/": () => void navigate("/patients?chercher=1"),
          j: () => void navigate("/"),
          r: () => void navigate("/actes"),
        }
      : {}),
    "?": () => setHelp(true),
  });
  const all: Record<Entry, { href: string; icon: IconName; label: string; rest?: string; at: (path: string) => boolean }> = {
    day: { href: "/", icon: "day", label: t.nav.day, at: (p) => p === "/" },
    create: { href: "/nouvelle", icon: "plus", label: t.nav.create[0] ?? "", rest: t.nav.create[1], at: (p) => p === "/nouvelle" },
    acts: { href: "/actes", icon: "register", label: t.nav.acts, at: (p) => p.startsWith("/actes") },
    patients: { href: "/patients", icon: "people", label: t.nav.patients, at: (p) => p === "/patients" },
    team: { href: "/equipe", icon: "team", label: t.team.nav, at: (p) => p.startsWith("/equipe") || (p === "/" && !seesActs.value) },
    platform: {
      href: "/plateforme",
      icon: "platform",
      label: t.platform.nav,
      at: (p) => p.startsWith("/plateforme") || (p === "/" && !seesActs.value && !managed.value.length),
    },
    settings: {
      href: "/reglages",
      icon: "settings",
      label: t.nav.settings,
      at: (p) => p === "/reglages" || (p === "/" && !seesActs.value && !managed.value.length && !operates.value),
    },
  };
  const entries = entriesFor({ acts: seesActs.value, manages: managed.value.length > 0, operates: operates.value }).map((name) => all[name]);
  const path = place.value.path;
  const who = me.value;
  return (
    <div class="shell">
      <a class="skip" href="#contenu">
        {t.app.skip}
      </a>
      <Progress />
      <header class="bank">
        <span class="bank-river">
          <River />
        </span>
        <a class="bank-logo" href="/" aria-label={t.app.name}>
          <Logo />
        </a>
        <nav aria-label={t.app.menu}>
          <ul>
            {entries.map((e) => (
              <li key={e.href}>
                <a href={e.href} aria-current={e.at(path) ? "page" : undefined}>
                  <Icon name={e.icon} size={24} />
                  <span>
                    {e.label}
                    {e.rest && <span class="bank-rest"> {e.rest}</span>}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </nav>
        {who && (
          <div class="bank-me">
            <Initials name={who.person.display_name} size="s" />
            <p>
              <a class="bank-name" href="/reglages">
                {who.person.display_name}
              </a>
              <span>{who.memberships[0]?.structure.name}</span>
            </p>
            {who.demo && <p class="bank-demo">{t.app.demo}</p>}
          </div>
        )}
      </header>
      <main id="contenu" tabIndex={-1}>
        <Offline />
        {children}
      </main>
      {help && <Keys onClose={() => setHelp(false)} />}
    </div>
  );
}

/** A thin line at the top when a request lasts. */
export function Progress() {
  const [late, setLate] = useState(false);
  const on = busy.value > 0;
  useEffect(() => {
    if (!on) return setLate(false);
    const timer = setTimeout(() => setLate(true), 350);
    return () => clearTimeout(timer);
  }, [on]);
  return on && late ? (
    <div class="progress" role="status">
      <span class="visually-hidden">{text().app.loading}</span>
    </div>
  ) : null;
}

export function Offline() {
  const [off, setOff] = useState(!navigator.onLine);
  useEffect(() => {
    const look = () => setOff(!navigator.onLine);
    window.addEventListener("online", look);
    window.addEventListener("offline", look);
    return () => {
      window.removeEventListener("online", look);
      window.removeEventListener("offline", look);
    };
  }, []);
  return off ? (
    <p class="offline" role="alert">
      {text().app.offline}
    </p>
  ) : null;
}
