// Messages inside a page, and short ones that pass at the bottom.
import type { ComponentChildren } from "preact";
import { signal } from "@preact/signals";
import { explain } from "../app/hooks.ts";
import { text } from "../text/index.ts";
import { Button, IconButton } from "./Button.tsx";
import { Icon, type IconName } from "./Icon.tsx";
import "./Notice.css";

type Tone = "info" | "good" | "wait" | "bad";
const icons: Record<Tone, IconName> = { info: "info", good: "check", wait: "bell", bad: "alert" };

export function Notice({ tone = "info", title, children }: { tone?: Tone; title?: string; children?: ComponentChildren }) {
  return (
    <div class={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icons[tone]} />
      <div class="notice-text">
        {title && <p class="notice-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (!error) return null;
  return (
    <Notice tone="bad">
      <p>{explain(error)}</p>
      {onRetry && (
        <Button size="s" icon="refresh" onClick={onRetry}>
          {text().app.retry}
        </Button>
      )}
    </Notice>
  );
}

interface Toast {
  id: number;
  tone: Tone;
  text: string;
}

const toasts = signal<Toast[]>([]);
let nextId = 1;

export function say(message: string, tone: Tone = "good"): void {
  const toast = { id: nextId++, tone, text: message };
  toasts.value = [...toasts.value.filter((t) => t.text !== message).slice(-1), toast];
  setTimeout(() => dismiss(toast.id), 7000);
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((t) => t.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((t) => (
        <div key={t.id} class={`toast toast-${t.tone}`}>
          <Icon name={icons[t.tone]} />
          <p>{t.text}</p>
          <IconButton icon="cross" label={text().app.close} onClick={() => dismiss(t.id)} />
        </div>
      ))}
    </div>
  );
}
