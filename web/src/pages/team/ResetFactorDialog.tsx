// Somebody lost telephone and recovery codes: their second factor is taken away, and they are told.
import { type Member, team } from "../../api/people.ts";
import { useAction } from "../../app/hooks.ts";
import { Button } from "../../components/Button.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { text } from "../../text/index.ts";

export function ResetFactorDialog({ structure, member, onClose }: { structure: string; member: Member; onClose: () => void }) {
  const t = text().factor.reset;
  const action = useAction();
  const name = member.person.display_name;
  const reset = async () => {
    const done = await action.run("reset", async () => {
      await team.resetFactor(structure, member.person.id);
      return true;
    });
    if (!done) return;
    say(t.done(name));
    onClose();
  };
  return (
    <Dialog title={t.title(name)} onClose={onClose}>
      <p>{t.text}</p>
      <Failure error={action.error} />
      <DialogActions>
        <Button tone="danger" busy={action.running !== null} onClick={() => void reset()}>
          {t.submit}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
