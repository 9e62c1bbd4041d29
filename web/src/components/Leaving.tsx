// Asks before a page with unsaved text is left.
import { signal } from "@preact/signals";
import { text } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";

const asking = signal<((leave: boolean) => void) | null>(null);

export function askToLeave(): Promise<boolean> {
  return new Promise((resolve) => {
    asking.value = (leave) => {
      asking.value = null;
      resolve(leave);
    };
  });
}

export function Leaving() {
  const answer = asking.value;
  if (!answer) return null;
  const t = text().app;
  return (
    <Dialog title={t.leave_unsaved} onClose={() => answer(false)}>
      <DialogActions>
        <Button tone="quiet" onClick={() => answer(true)}>
          {t.leave_anyway}
        </Button>
        <Button tone="primary" onClick={() => answer(false)}>
          {t.stay}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
