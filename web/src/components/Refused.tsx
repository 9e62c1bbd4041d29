// Why there is no picture or sound of ours, and what to do.
import type { Refusal } from "../media/devices.ts";
import { text } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { Notice } from "./Notice.tsx";

export function Refused({ refusal, onRetry }: { refusal: Refusal | null; onRetry: () => void }) {
  if (!refusal) return null;
  const t = text();
  const words: Record<Refusal, [string, string]> = {
    denied: [t.devices.denied, t.devices.denied_help],
    none: [t.devices.none, t.devices.none_help],
    busy: [t.devices.busy, t.devices.busy_help],
    insecure: [t.devices.insecure, ""],
  };
  const [title, help] = words[refusal];
  return (
    <Notice tone="wait" title={title}>
      {help && <p>{help}</p>}
      <Button size="s" icon="refresh" onClick={onRetry}>
        {t.app.retry}
      </Button>
    </Notice>
  );
}
