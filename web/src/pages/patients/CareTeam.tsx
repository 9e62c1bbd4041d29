// Who cares for a patient: since when, by whose act; the team adds a colleague and ends a part in it.
import { useRef, useState } from "preact/hooks";
import { newKey, Problem } from "../../api/http.ts";
import { type CareMember, care } from "../../api/people.ts";
import type { DirectoryPerson } from "../../api/types.ts";
import { useAction, useLoad } from "../../app/hooks.ts";
import { Initials, Skeleton } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { PersonSearch } from "../../components/PersonSearch.tsx";
import { format, text } from "../../text/index.ts";

export function CareTeam({ patient }: { patient: string }) {
  const t = text();
  const w = t.care;
  const f = format();
  const team = useLoad(patient, (signal) => care.of(patient, signal));
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<CareMember | null>(null);
  // Who is not of the team is told so, and no more.
  const closed = team.error instanceof Problem && (team.error.status === 403 || team.error.status === 404);
  const done = (said: string) => {
    setAdding(false);
    setEnding(null);
    say(said);
    team.reload();
  };
  return (
    <section class="stack-s">
      <div class="row spread">
        <h3>{w.title}</h3>
        {team.value?.may_change && (
          <Button tone="quiet" size="s" icon="person_plus" onClick={() => setAdding(true)}>
            {w.add}
          </Button>
        )}
      </div>
      {closed ? <p class="soft">{w.closed}</p> : <Failure error={team.error} onRetry={team.reload} />}
      {!team.value && !team.error && <Skeleton lines={1} />}
      {team.value?.restricted && <Notice tone="wait">{w.restricted}</Notice>}
      {team.value?.items.length === 0 && <p class="soft">{w.none}</p>}
      <ul class="lines">
        {team.value?.items.map((m) => (
          <li key={m.id} class="line">
            <Initials name={m.person.display_name} size="s" />
            <div class="line-who">
              <p class="line-name">{m.person.display_name}</p>
              <p class="soft small">
                {[m.person.profession, m.structures[0]?.name].filter(Boolean).join(", ")}
              </p>
              <p class="soft small">
                {w.since(f.shortDate(m.since))}, {m.added_by ? w.by_person(m.added_by.display_name) : m.act ? w.by_act(f.shortDate(m.act.starts_at)) : ""}
              </p>
            </div>
            {team.value?.may_change && (
              <Button size="s" tone="quiet" aria-label={w.end_of(m.person.display_name)} onClick={() => setEnding(m)}>
                {w.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {adding && <AddDialog patient={patient} onClose={() => setAdding(false)} onDone={(name) => done(w.added(name))} />}
      {ending && <EndDialog patient={patient} member={ending} onClose={() => setEnding(null)} onDone={(name) => done(w.ended(name))} />}
    </section>
  );
}

function AddDialog({ patient, onClose, onDone }: { patient: string; onClose: () => void; onDone: (name: string) => void }) {
  const t = text();
  const [person, setPerson] = useState<DirectoryPerson | null>(null);
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!person) return;
    const added = await action.run("add", () => care.add(patient, person.id, key.current));
    key.current = newKey();
    if (added) onDone(person.display_name);
  };
  return (
    <Dialog title={t.care.add} onClose={onClose}>
      <p class="soft">{t.care.add_lead}</p>
      <form class="stack" noValidate onSubmit={submit}>
        <Failure error={action.error} />
        <PersonSearch chosen={person} onChoose={setPerson} error={tried && !person ? t.team.need_choice : null} />
        <DialogActions>
          <Button tone="quiet" onClick={onClose}>
            {t.app.cancel}
          </Button>
          <Button tone="primary" type="submit" busy={action.running !== null}>
            {t.care.add}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function EndDialog({ patient, member, onClose, onDone }: { patient: string; member: CareMember; onClose: () => void; onDone: (name: string) => void }) {
  const t = text();
  const action = useAction();
  const end = async () => {
    const ended = await action.run("end", async () => {
      await care.end(patient, member.id);
      return true;
    });
    if (ended) onDone(member.person.display_name);
  };
  return (
    <Dialog title={t.care.end_of(member.person.display_name)} onClose={onClose}>
      <p>{t.care.end_text}</p>
      <Failure error={action.error} />
      <DialogActions>
        <Button tone="quiet" onClick={onClose}>
          {t.app.cancel}
        </Button>
        <Button tone="danger" busy={action.running !== null} onClick={() => void end()}>
          {t.care.end}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
