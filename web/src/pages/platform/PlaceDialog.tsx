// The fields of a structure or of a site; made or changed.
import { useRef, useState } from "preact/hooks";
import { newKey, Problem } from "../../api/http.ts";
import type { PlaceFields, StructureWhole } from "../../api/platform.ts";
import type { Structure } from "../../api/types.ts";
import { useAction } from "../../app/hooks.ts";
import { Button } from "../../components/Button.tsx";
import { phoneForServer, phoneLooksWrong } from "../../components/Contact.ts";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { SelectField, TextField } from "../../components/Field.tsx";
import { Failure } from "../../components/Notice.tsx";
import { text } from "../../text/index.ts";

interface Props {
  title: string;
  kind: "structure" | "site";
  from?: Partial<PlaceFields>;
  onClose: () => void;
  send: (fields: PlaceFields, key: string) => Promise<StructureWhole>;
  onDone: (structure: StructureWhole) => void;
}

const KINDS: Structure["kind"][] = ["msp", "hospital", "ehpad", "ars"];

export function PlaceDialog({ title, kind, from, onClose, send, onDone }: Props) {
  const t = text();
  const w = t.platform;
  const [name, setName] = useState(from?.name ?? "");
  const [sort, setSort] = useState<string>(from?.kind ?? "msp");
  const [finess, setFiness] = useState(from?.finess ?? "");
  const [address, setAddress] = useState(from?.address ?? "");
  const [postal, setPostal] = useState(from?.postal_code ?? "");
  const [city, setCity] = useState(from?.city ?? "");
  const [departement, setDepartement] = useState(from?.departement ?? "44");
  const [phone, setPhone] = useState(from?.phone ?? "");
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  const failed = action.error instanceof Problem ? action.error : null;
  const of = (field: string) => (failed?.field === field ? failed.message : null);
  const need = (value: string) => (tried && !value.trim() ? t.interests.needed : null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!name.trim() || !city.trim() || phoneLooksWrong(phone.trim())) return;
    const fields: PlaceFields = {
      name: name.trim(),
      finess: finess.trim() || null,
      address: address.trim(),
      postal_code: postal.trim(),
      city: city.trim(),
      phone: phoneForServer(phone),
      ...(kind === "structure" ? { kind: sort as Structure["kind"], departement } : {}),
    };
    const made = await action.run("place", () => send(fields, key.current));
    key.current = newKey();
    if (made) onDone(made);
  };
  return (
    <Dialog title={title} onClose={onClose} wide>
      <form class="stack" noValidate onSubmit={submit}>
        {["name", "finess", "address", "postal_code", "city", "departement", "phone"].includes(failed?.field ?? "") ? null : <Failure error={action.error} />}
        <TextField label={w.name} value={name} onValue={setName} maxLength={200} autocomplete="off" error={need(name) ?? of("name")} />
        <div class="columns">
          {kind === "structure" && (
            <SelectField label={w.kind} value={sort} onValue={setSort} options={KINDS.map((k) => ({ value: k, label: w.kinds[k] ?? k }))} />
          )}
          <TextField label={w.finess} hint={w.finess_hint} optional value={finess} onValue={setFiness} maxLength={9} autocomplete="off" error={of("finess")} />
        </div>
        <TextField label={w.address} optional value={address} onValue={setAddress} maxLength={200} autocomplete="off" error={of("address")} />
        <div class="columns">
          <TextField label={w.postal_code} optional inputMode="numeric" value={postal} onValue={setPostal} maxLength={10} autocomplete="off" error={of("postal_code")} />
          <TextField label={w.city} value={city} onValue={setCity} maxLength={100} autocomplete="off" error={need(city) ?? of("city")} />
          {kind === "structure" && (
            <SelectField
              label={w.departement}
              value={departement}
              onValue={setDepartement}
              error={of("departement")}
              options={Object.entries(w.departements).map(([code, label]) => ({ value: code, label: `${label} (${code})` }))}
            />
          )}
        </div>
        <TextField label={w.phone} type="tel" optional value={phone} onValue={setPhone} autocomplete="off" error={tried && phoneLooksWrong(phone.trim()) ? t.patient.bad_phone : of("phone")} />
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
