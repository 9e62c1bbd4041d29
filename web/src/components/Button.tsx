import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon.tsx";
import { text } from "../text/index.ts";
import "./Button.css";

export type Tone = "primary" | "plain" | "quiet" | "wait" | "danger";

interface Common {
  class?: string;
  tone?: Tone;
  icon?: IconName;
  size?: "s" | "m" | "l";
  children?: ComponentChildren;
}

type ButtonProps = Common &
  Omit<ButtonHTMLAttributes<HTMLButtonElement>, "size" | "icon" | "role" | "class"> & {
    /** Work goes on: the button says so and takes no second click. */
    busy?: boolean;
  };

function classOf(tone: Tone, size: string, extra: unknown): string {
  return `button button-${tone} button-${size} ${typeof extra === "string" ? extra : ""}`;
}

export function Button({ tone = "plain", icon, size = "m", busy, children, class: extra, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={classOf(tone, size, extra)}
      aria-disabled={busy ? "true" : undefined}
      onClick={busy ? (e) => e.preventDefault() : rest.onClick}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
      {busy && (
        <span class="visually-hidden" role="status">
          {text().app.working}
        </span>
      )}
    </button>
  );
}

type LinkProps = Common & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "size" | "icon" | "role" | "href" | "class"> & { href: string };

export function LinkButton({ tone = "plain", icon, size = "m", children, class: extra, ...rest }: LinkProps) {
  return (
    <a {...rest} class={classOf(tone, size, extra)}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "size" | "icon" | "label" | "role" | "class"> & {
  class?: string;
  icon: IconName;
  label: string;
  tone?: Tone;
  badge?: number;
};

export function IconButton({ icon, label, tone = "quiet", badge, class: extra, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`${classOf(tone, "m", extra)} button-icon`}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} />
      {badge ? (
        <span class="badge" aria-hidden="true">
          {badge}
        </span>
      ) : null}
    </button>
  );
}
