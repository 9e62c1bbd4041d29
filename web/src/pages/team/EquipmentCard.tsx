// What the sites of a structure have for remote acts.
import { useRef, useState } from "preact/hooks";
import { newKey, Problem } from "../../api/http.ts";
import { equipment, EQUIPMENT_STATES, type EquipmentState, type Inventory, type Piece } from "../../api/people.ts";
import { useAction, useLoad } from "../../app/hooks.ts";
import { Card, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { CheckField, SelectField, TextField } from "../../components/Field.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { language, text } from "../../text/index.ts";

const TONES: Record<EquipmentState, "good" | "bad" | "wait" | undefined> = { in_use: "good", broken: "bad", in_repair: "wait", retired: undefined };

export function EquipmentCard({ structure }: { structure: string }) {
  const w = text().equipment;
  const all = useLoad(`${structure} ${language.value}`, (signal) => equipment.of(structure, signal));
  const [opened, setOpened] = useState<{ piece: Piece | null; site: string } | null>(null);
  const sites = all.value?.sites ?? [];
  return (
    <Card
      title={w.title}
      aside={
        sites.length > 0 && (
          <Button size="s" icon="plus" onClick={() => setOpened({ piece: null, site: sites[0]?.id ?? "" })}>
            {w.add}
          </Button>
        )
      }
    >
      <div class="stack">
        <p class="soft">{w.lead}</p>
        <Failure error={all.error} onRetry={all.reload} />
        {!all.value && !all.error && <Skeleton lines={2} />}
        {all.value && sites.length === 0 && <p class="soft">{w.no_site}</p>}
        {sites.map((site) => (
          <section key={site.id}>
            <h3>
              {site.name}, {site.city}
            </h3>
            {site.equipment.length === 0 && <p class="soft">{w.none}</p>}
            <ul class="lines">
              {site.equipment.map((piece) => (
                <li key={piece.id} class="line">
                  <div class="line-who">
                    <p class="line-name">{piece.name}</p>
                    <p class="soft small">{piece.kind_name}</p>
                  </div>
                  <div class="line-tags">
                    <Tag tone={TONES[piece.state]}>{w.states[piece.state]}</Tag>
                    {piece.shared && <Tag icon="swap">{w.shared_tag}</Tag>}
                  </div>
                  {piece.state !== "retired" && (
                    <Button size="s" tone="quiet" icon="pencil" aria-label={w.change_of(piece.name)} onClick={() => setOpened({ piece, site: site.id })}>
                      {w.change}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      {opened && all.value && (
        <PieceDialog
          structure={structure}
          inventory={all.value}
          {...opened}
          onClose={() => setOpened(null)}
          onDone={() => {
            setOpened(null);
            all.reload();
          }}
        />
      )}
    </Card>
  );
}

interface Props {
  structure: string;
  inventory: Inventory;
  piece: Piece | null;
  site: string;
  onClose: () => void;
  onDone: () => void;
}

function PieceDialog({ structure, inventory, piece, site: where, onClose, onDone }: Props) {
  const t = text();
  const w = t.equipment;
  const [site, setSite] = useState(where);
  const [kind, setKind] = useState(piece?.kind ?? inventory.kinds[0]?.code ?? "");
  const [name, setName] = useState(piece?.name ?? "");
  const [state, setState] = useState<EquipmentState>(piece?.state ?? "in_use");
  const [shared, setShared] = useState(piece?.shared ?? false);
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!name.trim()) return;
    const fields = { site, name: name.trim(), state, shared };
    const done = await action.run("piece", async () => {
      if (piece) await equipment.change(structure, piece.id, fields);
      else await equipment.add(structure, { ...fields, kind }, key.current);
      return true;
    });
    key.current = newKey();
    if (!done) return;
    say(piece ? t.app.saved : w.added);
    onDone();
  };
  const wrong = action.error instanceof Problem && action.error.field === "name" ? action.error.message : null;
  return (
    <Dialog title={piece ? w.change_of(piece.name) : w.add} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submit}>
        {!wrong && <Failure error={action.error} />}
        {inventory.sites.length > 1 && (
          <SelectField label={w.site} value={site} onValue={setSite} options={inventory.sites.map((s) => ({ value: s.id, label: `${s.name}, ${s.city}` }))} />
        )}
        {!piece && <SelectField label={w.kind} value={kind} onValue={setKind} options={inventory.kinds.map((k) => ({ value: k.code, label: k.name }))} />}
        <TextField label={w.name} hint={w.name_hint} value={name} onValue={setName} maxLength={100} autocomplete="off" error={tried && !name.trim() ? t.interests.needed : wrong} />
        <SelectField
          label={w.state}
          hint={state === "retired" ? w.retired_hint : undefined}
          value={state}
          onValue={(v) => setState(v as EquipmentState)}
          options={EQUIPMENT_STATES.map((s) => ({ value: s, label: w.states[s] }))}
        />
        <CheckField label={w.shared} checked={shared} onChecked={setShared} />
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
