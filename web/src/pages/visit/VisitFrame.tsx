// The frame of the patient's pages: our name, the steps, one thing.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon, type IconName } from "../../components/Icon.tsx";
import { LanguageSwitch } from "../../components/LanguageSwitch.tsx";
import { Logo } from "../../components/Logo.tsx";
import { Offline, Progress } from "../../components/Shell.tsx";
import { text } from "../../text/index.ts";

const STEPS = ["code", "consent", "test", "wait", "call"] as const;
const KEY = "teleloire.big";

interface Props {
  /** 0 to 4; absent outside the way. */
  step?: number;
  icon?: IconName;
  children: ComponentChildren;
  wide?: boolean;
}

export function VisitFrame({ step, icon, children, wide }: Props) {
  const t = text();
  const [big, setBig] = useState(() => sessionStorage.getItem(KEY) === "1");
  const toggle = () => {
    sessionStorage.setItem(KEY, big ? "0" : "1");
    setBig(!big);
  };
  return (
    <div class={`visit ${big ? "visit-big" : ""}`}>
      <Progress />
      <header class="visit-top">
        <Logo size={38} />
        <div class="row">
          <button type="button" class="visit-size" aria-label={t.visit.big_text} aria-pressed={big} onClick={toggle}>
            <Icon name="text" /> <span>{t.visit.big_text}</span>
          </button>
          <LanguageSwitch />
        </div>
      </header>
      <main class={`visit-main ${wide ? "visit-wide" : ""}`} tabIndex={-1}>
        {step !== undefined && (
          <div class="visit-steps">
            <p class="visually-hidden">{t.visit.step_of(step + 1, STEPS.length)}</p>
            <ol aria-hidden="true">
              {STEPS.map((name, i) => (
                <li key={name} class={i < step ? "step-done" : i === step ? "step-now" : ""}>
                  <span>{t.visit.steps[name]}</span>
                </li>
              ))}
            </ol>
          </div>
        )}
        <Offline />
        <div class="visit-card">
          {icon && (
            <span class="visit-icon">
              <Icon name={icon} size={36} />
            </span>
          )}
          {children}
        </div>
      </main>
    </div>
  );
}
