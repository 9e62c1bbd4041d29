// The frame of the pages where one comes in: signing in, arriving by an invitation.
import type { ComponentChildren } from "preact";
import { text } from "../text/index.ts";
import { LanguageSwitch } from "./LanguageSwitch.tsx";
import { Logo, River } from "./Logo.tsx";

export function Entrance({ children }: { children: ComponentChildren }) {
  const t = text();
  return (
    <div class="signin">
      <aside class="signin-river">
        <River />
        <div class="signin-words">
          <Logo size={44} />
          <p class="signin-promise">{t.signin.promise}</p>
          <p>{t.app.tagline}</p>
        </div>
      </aside>
      <main class="signin-main">
        <div class="signin-top">
          <LanguageSwitch />
        </div>
        {children}
      </main>
    </div>
  );
}
