// Links with companies: one's own statement, and what others read of it.
import { useRef, useState } from "preact/hooks";
import { newKey } from "../api/http.ts";
import { interests as api } from "../api/people.ts";
import type { Interests } from "../api/types.ts";
import { useAction, useLoad } from "../app/hooks.ts";
import { format, text } from "../text/index.ts";
import { Skeleton } from "./Bits.tsx";
import { Button } from "./Button.tsx";
import { Dialog, DialogActions } from "./Dialog.tsx";
import { Choice, TextField } from "./Field.tsx";
import { blankLink, type DraftLink, readLinks, wrongLinks } from "./interestLinks.ts";
import { InterestList } from "./InterestList.tsx";
import { Failure, say } from "./Notice.tsx";

export function MyInterests({ person }: { person: string }) {
  const t = text().interests;
  const f = format();
  const all = useLoad(`interests ${person}`, (signal) => api.of(person, signal));
  const [editing, setEditing] = useState(false);
  const current = all.value?.current;
  const earlier = (all.value?.versions ?? []).slice(1);
  return (
    <div class="stack">
      <p class="soft">{t.lead}</p>
      <Failure error={all.error} onRetry={all.reload} />
      {!all.value && !all.error && <Skeleton lines={1} />}
      {all.value && !current && <p>{t.never}</p>}
      {current && (
        <div class="stack-s">
          <p class="soft small">{t.stated(f.shortDate(current.at))}</p>
          {current.links.length ? <InterestList links={current.links} /> : <p>{t.none}</p>}
        </div>
      )}
      {earlier.length > 0 && (
        <details>
          <summary>{t.versions(earlier.length)}</summary>
          {earlier.map((v) => (
            <div key={v.version} class="stack-s">
              <p class="soft small">{t.stated(f.shortDate(v.at))}</p>
              {v.links.length ? <InterestList links={v.links} /> : <p>{t.none}</p>}
            </div>
          ))}
        </details>
      )}
      {all.value && (
        <div>
          <Button icon="pencil" onClick={() => setEditing(true)}>
            {current ? t.renew : t.state}
          </Button>
        </div>
      )}
      {editing && (
        <InterestDialog
          current={current ?? null}
          onClose={() => setEditing(false)}
          onDone={(answer) => {
            setEditing(false);
            all.set(answer);
          }}
        />
      )}
    </div>
  );
}

interface DialogProps {
  current: Interests | null;
  onClose: () => void;
  onDone: (answer: { current: Interests; versions: Interests[] }) => void;
}

const MOST = 20;

function InterestDialog({ current, onClose, onDone }: DialogProps) {
  const t = text();
  const w = t.interests;
  const [some, setSome] = useState<"no" | "yes">(current?.links.length ? "yes" : "no");
  const [links, setLinks] = useState<DraftLink[]>(
    current?.links.length ? current.links.map((l) => ({ ...l, since: l.since_year ? String(l.since_year) : "" })) : [blankLink()],
  );
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  const wrong = tried ? wrongLinks(links) : [];
  const change = (at: number, what: Partial<DraftLink>) => setLinks(links.map((l, i) => (i === at ? { ...l, ...what } : l)));
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (some === "yes" && wrongLinks(links).some((w) => w.organisation || w.nature || w.since)) return;
    const answer = await action.run("state", () => api.state(some === "yes" ? readLinks(links) : [], key.current));
    key.current = newKey();
    if (!answer) return;
    say(w.done);
    onDone(answer);
  };
  return (
    <Dialog title={w.mine} onClose={onClose} wide>
      <form class="stack" noValidate onSubmit={submit}>
        <Failure error={action.error} />
        <Choice
          legend={w.which}
          value={some}
          onValue={setSome}
          options={[
            { value: "no", label: w.no_link },
            { value: "yes", label: w.some },
          ]}
        />
        {some === "yes" &&
          links.map((l, i) => (
            <fieldset key={i} class="stack-s">
              <legend>{w.link(i + 1)}</legend>
              <div class="columns">
                <TextField label={w.organisation} value={l.organisation} onValue={(v) => change(i, { organisation: v })} maxLength={200} error={wrong[i]?.organisation ? w.needed : null} />
                <TextField label={w.since} optional inputMode="numeric" value={l.since} onValue={(v) => change(i, { since: v })} maxLength={4} error={wrong[i]?.since ? w.bad_year : null} />
              </div>
              <TextField label={w.nature} hint={w.nature_hint} value={l.nature} onValue={(v) => change(i, { nature: v })} maxLength={500} error={wrong[i]?.nature ? w.needed : null} />
              {links.length > 1 && (
                <div>
                  <Button size="s" tone="quiet" icon="trash" onClick={() => setLinks(links.filter((_, n) => n !== i))}>
                    {w.remove(i + 1)}
                  </Button>
                </div>
              )}
            </fieldset>
          ))}
        {some === "yes" && links.length < MOST && (
          <div>
            <Button size="s" icon="plus" onClick={() => setLinks([...links, blankLink()])}>
              {w.add}
            </Button>
          </div>
        )}
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
