// Asks before a page with unsaved text, or a call, is left.
import { signal } from "@preact/signals";
import { text } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";

interface Words {
  title: string;
  leave: string;
  stay: string;
}

const asking = signal<{ words: Words; answer: (leave: boolean) => void } | null>(null);

/** True when the person wants to leave; the words of unsaved text by default. */
export function askToLeave(words?: Words): Promise<boolean> {
  const t = text().app;
  return new Promise((resolve) => {
    asking.value?.answer(false);
    asking.value = {
      words: words ?? { title: t.leave_unsaved, leave: t.leave_anyway, stay: t.stay },
      answer: (leave) => {
        asking.value = null;
        resolve(leave);
      },
    };
  });
}

export function Leaving() {
  if (!asking.value) return null;
  const { words, answer } = asking.value;
  return (
    <Dialog title={words.title} onClose={() => answer(false)}>
      <DialogActions>
        <Button tone="quiet" onClick={() => answer(true)}>
          {words.leave}
        </Button>
        <Button tone="primary" onClick={() => answer(false)}>
          {words.stay}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
