// Inviting a colleague: who they are, as what, where the link goes.
import { useRef, useState } from "preact/hooks";
import { newKey, Problem } from "../../api/http.ts";
import { GIVEN, type NewcomerFields, team } from "../../api/people.ts";
import { platform } from "../../api/platform.ts";
import type { Language, Role } from "../../api/types.ts";
import { useAction } from "../../app/hooks.ts";
import { Button } from "../../components/Button.tsx";
import { emailLooksWrong } from "../../components/Contact.ts";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { SelectField, TextField } from "../../components/Field.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { language, text } from "../../text/index.ts";

interface Props {
  structure: string;
  /** The operator's: the first manager, and nothing to choose. */
  manager?: boolean;
  onClose: () => void;
  onDone: () => void;
}

export function InviteDialog({ structure, manager, onClose, onDone }: Props) {
  const t = text();
  const w = t.team;
  const [email, setEmail] = useState("");
  const [prefix, setPrefix] = useState("");
  const [given, setGiven] = useState("");
  const [family, setFamily] = useState("");
  const [profession, setProfession] = useState("");
  const [role, setRole] = useState<string>("doctor");
  const [rpps, setRpps] = useState("");
  const [spoken, setSpoken] = useState<string>(language.value);
  const [tried, setTried] = useState(false);
  const key = useRef(newKey());
  const action = useAction();
  const failed = action.error instanceof Problem ? action.error : null;
  const of = (field: string) => (failed?.field === field ? failed.message : null);
  const need = (value: string) => (tried && !value.trim() ? t.interests.needed : null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!given.trim() || !family.trim() || !email.trim() || emailLooksWrong(email.trim())) return;
    const who: NewcomerFields = {
      email: email.trim(),
      prefix,
      given_name: given.trim(),
      family_name: family.trim(),
      profession: profession.trim() || null,
      rpps: rpps.replace(/\s/g, "") || null,
      language: spoken as Language,
      ...(manager ? {} : { role: role as Role }),
    };
    const made = await action.run("invite", () =>
      manager ? platform.inviteManager(structure, who, key.current) : team.invite(structure, who, key.current),
    );
    // Whatever was refused is another invitation once it is corrected.
    key.current = newKey();
    if (!made) return;
    say(w.invited(who.email));
    onDone();
  };
  return (
    <Dialog title={manager ? t.platform.invite_manager : w.invite} onClose={onClose} wide>
      <p class="soft">{w.invite_lead}</p>
      <form class="stack" noValidate onSubmit={submit}>
        {action.error && !["email", "given_name", "family_name", "profession", "rpps"].includes(failed?.field ?? "") ? <Failure error={action.error} /> : null}
        <div class="columns">
          <SelectField
            label={w.prefix}
            value={prefix}
            onValue={setPrefix}
            options={["", "Dr", "Pr", "M.", "Mme"].map((p) => ({ value: p, label: p || w.prefix_none }))}
          />
          <TextField label={w.given_name} value={given} onValue={setGiven} maxLength={100} autocomplete="off" error={need(given) ?? of("given_name")} />
          <TextField label={w.family_name} value={family} onValue={setFamily} maxLength={100} autocomplete="off" error={need(family) ?? of("family_name")} />
        </div>
        <TextField
          label={w.email}
          hint={w.email_hint}
          type="email"
          value={email}
          onValue={setEmail}
          maxLength={254}
          autocomplete="off"
          error={need(email) ?? (tried && emailLooksWrong(email.trim()) ? t.patient.bad_email : of("email"))}
        />
        <div class="columns">
          {!manager && (
            <SelectField label={w.role} value={role} onValue={setRole} options={GIVEN.map((r) => ({ value: r, label: t.roles[r] ?? r }))} />
          )}
          <TextField label={w.profession} optional value={profession} onValue={setProfession} maxLength={100} autocomplete="off" error={of("profession")} />
        </div>
        <div class="columns">
          <TextField label={w.rpps} hint={w.rpps_hint} optional inputMode="numeric" value={rpps} onValue={setRpps} maxLength={14} autocomplete="off" error={of("rpps")} />
          <SelectField
            label={w.language}
            value={spoken}
            onValue={setSpoken}
            options={[
              { value: "fr", label: "Français" },
              { value: "en", label: "English" },
            ]}
          />
        </div>
        <DialogActions>
          <Button tone="quiet" onClick={onClose}>
            {t.app.cancel}
          </Button>
          <Button tone="primary" type="submit" icon="send" busy={action.running !== null}>
            {w.invite_send}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
