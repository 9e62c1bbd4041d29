// Finding a colleague in the directory; one is chosen by radio.
import { useState } from "preact/hooks";
import { directory } from "../api/calls.ts";
import type { DirectoryPerson } from "../api/types.ts";
import { useDebounced, useLoad } from "../app/hooks.ts";
import { me } from "../app/session.ts";
import { format, text } from "../text/index.ts";
import { Initials, Tag } from "./Bits.tsx";
import { TextField } from "./Field.tsx";
import { InterestList } from "./InterestList.tsx";
import { Failure } from "./Notice.tsx";
import "./PatientSearch.css";

interface Props {
  chosen: DirectoryPerson | null;
  onChoose: (person: DirectoryPerson) => void;
  error?: string | null;
}

export function PersonSearch({ chosen, onChoose, error }: Props) {
  const t = text().act;
  const [typed, setTyped] = useState("");
  const query = useDebounced(typed.trim(), 220);
  const wanted = query.length >= 2;
  const found = useLoad(wanted ? query : "", (signal) =>
    wanted ? directory.people(query, signal) : Promise.resolve({ items: [], next: null }),
  );
  const items = (found.value?.items ?? []).filter((p) => p.id !== me.value?.person.id);
  return (
    <div class="patient-search">
      <TextField label={t.colleague_search} type="search" value={typed} onValue={setTyped} autocomplete="off" error={error} />
      <Failure error={found.error} />
      {wanted && found.value && items.length === 0 && (
        <p class="soft" role="status">
          {t.no_colleague}
        </p>
      )}
      {chosen?.interests && chosen.interests.links.length > 0 && (
        <div class="stack-s">
          <p class="soft small">{text().interests.title}</p>
          <InterestList links={chosen.interests.links} />
        </div>
      )}
      {items.length > 0 && (
        <ul class="patient-found">
          {items.map((p) => (
            <li key={p.id}>
              <button type="button" aria-pressed={p.id === chosen?.id} onClick={() => onChoose(p)}>
                <Initials name={p.display_name} />
                <span class="grow">
                  <span class="patient-found-name">{p.display_name}</span>
                  <span class="soft small">
                    {p.profession}
                    {p.structures[0] && `, ${p.structures[0].name}`}
                  </span>
                </span>
                {p.absence && (
                  <Tag tone="wait" icon="calendar">
                    {text().absence.away(format().civil(p.absence.until))}
                  </Tag>
                )}
                {p.interests && p.interests.links.length > 0 && <Tag icon="info">{text().interests.tag(p.interests.links.length)}</Tag>}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
