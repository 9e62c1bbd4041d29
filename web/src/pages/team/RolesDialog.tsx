import { useState } from "preact/hooks";
import { GIVEN, type Member, team } from "../../api/people.ts";
import type { Role } from "../../api/types.ts";
import { useAction } from "../../app/hooks.ts";
import { Button } from "../../components/Button.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { CheckField } from "../../components/Field.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { text } from "../../text/index.ts";

interface Props {
  structure: string;
  member: Member;
  onClose: () => void;
  onDone: () => void;
}

export function RolesDialog({ structure, member, onClose, onDone }: Props) {
  const t = text();
  const [roles, setRoles] = useState<Role[]>(member.roles.map((r) => r.role).filter((r) => (GIVEN as Role[]).includes(r)));
  const [tried, setTried] = useState(false);
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!roles.length) return;
    const done = await action.run("roles", async () => {
      await team.roles(structure, member.person.id, roles);
      return true;
    });
    if (!done) return;
    say(t.app.saved);
    onDone();
  };
  return (
    <Dialog title={t.team.roles_of(member.person.display_name)} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <Failure error={action.error} />
        {tried && !roles.length && <Notice tone="bad">{t.team.roles_needed}</Notice>}
        <div class="stack-s">
          {GIVEN.map((role) => (
            <CheckField
              key={role}
              label={t.roles[role] ?? role}
              checked={roles.includes(role)}
              onChecked={(on) => setRoles(on ? [...roles, role] : roles.filter((r) => r !== role))}
            />
          ))}
        </div>
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
