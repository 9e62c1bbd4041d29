// Days away: one's own list, a dialog to note some, and the word others read.
import { useRef, useState } from "preact/hooks";
import { newKey, Problem } from "../api/http.ts";
import { absences } from "../api/people.ts";
import type { Absence, DirectoryPerson, Person } from "../api/types.ts";
import { useAction, useLoad } from "../app/hooks.ts";
import { today } from "../text/format.ts";
import { format, text } from "../text/index.ts";
import { Skeleton } from "./Bits.tsx";
import { Button } from "./Button.tsx";
import { DateField } from "./DateField.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";
import { Failure, Notice, say } from "./Notice.tsx";
import { PersonSearch } from "./PersonSearch.tsx";

export function MyAbsences({ person }: { person: Person }) {
  const t = text().absence;
  const f = format();
  const all = useLoad("absences", (signal) => absences.of(undefined, signal));
  const [noting, setNoting] = useState(false);
  const action = useAction();
  const cancel = async (id: string) => {
    const done = await action.run(id, async () => {
      await absences.cancel(id);
      return true;
    });
    if (!done) return;
    say(t.cancelled);
    all.reload();
  };
  return (
    <div class="stack">
      <p class="soft">{t.lead}</p>
      <Failure error={all.error ?? action.error} onRetry={all.error ? all.reload : undefined} />
      {!all.value && !all.error && <Skeleton lines={1} />}
      {all.value?.items.length === 0 && <p class="soft">{t.none}</p>}
      {(all.value?.items.length ?? 0) > 0 && (
        <ul class="lines">
          {all.value?.items.map((a) => (
            <li key={a.id} class="line">
              <div class="line-who">
                <p class="line-name">{t.days(f.civil(a.from), f.civil(a.until))}</p>
                {a.replacement && <p class="soft small">{t.replaced_by(a.replacement.display_name)}</p>}
              </div>
              <Button
                size="s"
                tone="quiet"
                busy={action.running === a.id}
                aria-label={`${t.cancel}, ${t.days(f.civil(a.from), f.civil(a.until))}`}
                onClick={() => void cancel(a.id)}
              >
                {t.cancel}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button icon="calendar" onClick={() => setNoting(true)}>
          {t.note}
        </Button>
      </div>
      {noting && (
        <AbsenceDialog
          person={person}
          own
          onClose={() => setNoting(false)}
          onDone={() => {
            setNoting(false);
            all.reload();
          }}
        />
      )}
    </div>
  );
}

interface DialogProps {
  person: Person;
  own?: boolean;
  onClose: () => void;
  onDone: () => void;
}

export function AbsenceDialog({ person, own, onClose, onDone }: DialogProps) {
  const t = text();
  const a = t.absence;
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [replacement, setReplacement] = useState<DirectoryPerson | null>(null);
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  const failed = action.error instanceof Problem ? action.error : null;
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!from || !until) return;
    const noted = await action.run("absence", () =>
      absences.note(
        { from, until, ...(own ? {} : { person: person.id }), ...(replacement ? { replacement: replacement.id } : {}) },
        key.current,
      ),
    );
    key.current = newKey();
    if (!noted) return;
    say(a.noted);
    onDone();
  };
  return (
    <Dialog title={own ? a.note : a.of(person.display_name)} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submit}>
        <Failure error={failed && (failed.field === "until" || failed.field === "replacement") ? null : action.error} />
        {tried && (!from || !until) && <Notice tone="bad">{a.need}</Notice>}
        <div class="columns">
          <DateField label={a.from} value={from} onValue={setFrom} />
          <DateField label={a.until} value={until} min={from || today()} onValue={setUntil} error={failed?.field === "until" ? failed.message : null} />
        </div>
        <fieldset class="stack-s">
          <legend>
            {a.replacement}
            <span class="field-optional"> ({t.app.optional})</span>
          </legend>
          <PersonSearch chosen={replacement} onChoose={setReplacement} error={failed?.field === "replacement" ? failed.message : null} />
        </fieldset>
        <DialogActions>
          <Button tone="quiet" onClick={onClose}>
            {t.app.cancel}
          </Button>
          <Button tone="primary" type="submit" busy={action.running !== null}>
            {t.app.save}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** The absence a refusal to plan speaks of, or null. */
export function absenceOf(error: unknown): Absence | null {
  return error instanceof Problem && error.code === "absent" ? ((error.body.absence as Absence | undefined) ?? null) : null;
}

/** Planning on a day away: said once, and done when the one who plans says so. */
export function AbsenceWarning({ absence, busy, onGoOn }: { absence: Absence; busy: boolean; onGoOn: (event: Event) => void }) {
  const t = text().absence;
  const f = format();
  return (
    <Notice tone="wait" title={t.warn_title}>
      <p>
        {t.warn(f.civil(absence.from), f.civil(absence.until))}
        {absence.replacement && ` ${t.warn_replacement(absence.replacement.display_name)}`}
      </p>
      <Button size="s" busy={busy} onClick={onGoOn}>
        {t.go_on}
      </Button>
    </Notice>
  );
}
