// Small pieces of many pages: state, person, time, emptiness, waiting.
import type { ComponentChildren } from "preact";
import { now } from "../app/hooks.ts";
import { me } from "../app/session.ts";
import type { ActShort, ActState } from "../api/types.ts";
import { sexAndAge } from "./patientName.ts";
import { format, text } from "../text/index.ts";
import { Icon, type IconName } from "./Icon.tsx";
import "./Bits.css";

export function StatePill({ state }: { state: ActState }) {
  return (
    <span class={`pill pill-${state}`}>
      <span class="pill-dot" aria-hidden="true" />
      {text().states[state]}
    </span>
  );
}

export function Tag({ icon, children, tone }: { icon?: IconName; children: ComponentChildren; tone?: "good" | "bad" | "wait" }) {
  return (
    <span class={`tag ${tone ? `tag-${tone}` : ""}`}>
      {icon && <Icon name={icon} size={17} />}
      {children}
    </span>
  );
}

export function Initials({ name, size = "m" }: { name: string; size?: "s" | "m" | "l" | "xl" }) {
  const words = name.replace(/^(Dr|Pr|M\.|Mme|Me)\.?\s+/i, "").split(/[\s-]+/).filter((w) => /^\p{L}/u.test(w));
  const letters = ((words[0]?.[0] ?? "") + (words.length > 1 ? (words[words.length - 1]?.[0] ?? "") : "")).toUpperCase();
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.charCodeAt(0)) % 5;
  return (
    <span class={`initials initials-${size} initials-${hue}`} aria-hidden="true">
      {letters}
    </span>
  );
}

export function PatientLine({ patient }: { patient: ActShort["patient"] }) {
  const f = format();
  return (
    <span class="soft">
      {sexAndAge(patient)}, <time dateTime={patient.birth_date}>{f.civil(patient.birth_date)}</time>
    </span>
  );
}

/** Whose act it is, when it is not one's own: a secretary sees several doctors. */
export function Holder({ act }: { act: ActShort }) {
  if (act.professional.id === me.value?.person.id) return null;
  return <span class="holder small">{act.professional.display_name}</span>;
}

/** Relative time with the exact one beside it. */
export function When({ at, exact = true }: { at: string; exact?: boolean }) {
  const f = format();
  return (
    <time dateTime={at} title={f.longDateTime(at)}>
      {f.relative(at, now.value)}
      {exact && <span class="soft"> · {f.time(at)}</span>}
    </time>
  );
}

export function Since({ at, say, fresh }: { at: string; say: (duration: string) => string; fresh: string }) {
  const f = format();
  const minutes = Math.max(0, Math.floor((now.value - new Date(at).getTime()) / 60_000));
  return (
    <time dateTime={at} title={f.longDateTime(at)}>
      {minutes === 0 ? fresh : say(f.minutes(minutes))} · {f.time(at)}
    </time>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={30} />
      </span>
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Grey lines where the content will be. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">{text().app.loading}</span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class="skeleton-line" aria-hidden="true" />
      ))}
    </div>
  );
}

export function Card({
  title,
  count,
  tone,
  children,
  class: extra,
  aside,
}: {
  title?: string;
  count?: number;
  tone?: "wait" | "river";
  children: ComponentChildren;
  class?: string;
  aside?: ComponentChildren;
}) {
  return (
    <section class={`card ${tone ? `card-${tone}` : ""} ${extra ?? ""}`}>
      {title && (
        <div class="card-head">
          <h2>
            {title}
            {count !== undefined && <span class="count">{count}</span>}
          </h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}

export function PageHead({ title, lead, children }: { title: string; lead?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      <div class="grow">
        <h1 tabIndex={-1}>{title}</h1>
        {lead && <p class="page-lead">{lead}</p>}
      </div>
      {children && <div class="row">{children}</div>}
    </header>
  );
}
