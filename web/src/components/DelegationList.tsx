// Who plans for whom: the list, ending one, giving one.
import { useRef, useState } from "preact/hooks";
import { newKey } from "../api/http.ts";
import { type Delegation, delegations } from "../api/people.ts";
import type { Person } from "../api/types.ts";
import { useAction } from "../app/hooks.ts";
import { me } from "../app/session.ts";
import { format, text } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { SelectField } from "./Field.tsx";
import { Failure, say } from "./Notice.tsx";

interface Props {
  items: Delegation[];
  /** Where one may be given; without it the list is only read and ended. */
  structure?: string;
  /** For whom: none to choose from means oneself. */
  professionals?: Person[];
  secretaries?: Person[];
  onChange: () => void;
}

export function DelegationList({ items, structure, professionals, secretaries, onChange }: Props) {
  const t = text();
  const w = t.team;
  const f = format();
  const [professional, setProfessional] = useState("");
  const [delegate, setDelegate] = useState("");
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  const run = async (name: string, send: () => Promise<unknown>, said: string) => {
    const done = await action.run(name, async () => {
      await send();
      return true;
    });
    key.current = newKey();
    if (!done) return;
    say(said);
    setDelegate("");
    setTried(false);
    onChange();
  };
  const give = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!structure || !delegate || (professionals && !professional)) return;
    void run(
      "give",
      () => delegations.give({ structure, delegate, ...(professionals ? { professional } : {}) }, key.current),
      w.delegation_given,
    );
  };
  const choices = (people: Person[]) => [
    { value: "", label: w.choose },
    ...people.map((p) => ({ value: p.id, label: p.profession ? `${p.display_name}, ${p.profession}` : p.display_name })),
  ];
  const own = me.value?.person.id;
  const groups = [...new Map(items.map((d) => [d.delegate.id, d.delegate])).values()].map(
    (delegate) => [delegate, items.filter((d) => d.delegate.id === delegate.id)] as const,
  );
  return (
    <div class="stack">
      <Failure error={action.error} />
      {items.length === 0 && <p class="soft">{w.delegation_none}</p>}
      {groups.map(([delegate, given]) => (
        <section key={delegate.id}>
          <h3>{delegate.id === own ? w.delegation_mine : delegate.display_name}</h3>
          <ul class="lines">
            {given.map((d) => (
              <li key={d.id} class="line">
                <div class="line-who">
                  <p>{w.delegation_for(d.professional.display_name)}</p>
                  <p class="soft small">
                    {w.delegation_since(f.shortDate(d.since))}
                    {!structure && `, ${d.structure.name}`}
                  </p>
                </div>
                {(professionals || d.professional.id === own) && (
                  <Button
                    size="s"
                    tone="quiet"
                    busy={action.running === d.id}
                    aria-label={`${w.delegation_end}, ${d.delegate.display_name} ${w.delegation_for(d.professional.display_name)}`}
                    onClick={() => void run(d.id, () => delegations.end(d.id), w.delegation_ended)}
                  >
                    {w.delegation_end}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </section>
      ))}
      {structure && secretaries && secretaries.length > 0 && (
        <form class="stack" noValidate onSubmit={give}>
          <div class="columns">
            <SelectField label={w.delegate} value={delegate} onValue={setDelegate} options={choices(secretaries)} error={tried && !delegate ? w.need_choice : null} />
            {professionals && (
              <SelectField
                label={w.professional}
                value={professional}
                onValue={setProfessional}
                options={choices(professionals)}
                error={tried && !professional ? w.need_choice : null}
              />
            )}
          </div>
          <div>
            <Button type="submit" icon="plus" busy={action.running === "give"}>
              {w.delegation_give}
            </Button>
          </div>
        </form>
      )}
    </div>
  );
}
