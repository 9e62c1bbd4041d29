// Somebody leaves: their open acts first, then the end, which is at once.
import { useState } from "preact/hooks";
import { Problem } from "../../api/http.ts";
import { CARING, type Member, team } from "../../api/people.ts";
import { useAction, useLoad } from "../../app/hooks.ts";
import { Skeleton, StatePill } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { Choice, SelectField } from "../../components/Field.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import type { ActState } from "../../api/types.ts";
import { format, text } from "../../text/index.ts";
import { leaving } from "./leaving.ts";

interface Props {
  structure: string;
  member: Member;
  others: Member[];
  onClose: () => void;
  onDone: () => void;
}

const SHOWN = 8;

export function LeaveDialog({ structure, member, others, onClose, onDone }: Props) {
  const t = text();
  const w = t.team;
  const f = format();
  const name = member.person.display_name;
  const acts = useLoad(member.person.id, () => team.openActs(structure, member.person.id));
  const [how, setHow] = useState<"hand_over" | "cancel">("hand_over");
  const [to, setTo] = useState("");
  const [tried, setTried] = useState(false);
  const action = useAction();
  const open = acts.value?.items ?? [];
  const may = leaving(open);
  const colleagues = others.filter((m) => m.person.id !== member.person.id && m.roles.some((r) => CARING.includes(r.role)));

  const move = async () => {
    setTried(true);
    if (how === "hand_over" && !to) return;
    const moved = await action.run("move", async () => {
      let count = 0;
      for (let more = true; more; ) {
        const answer = await team.handOver(structure, member.person.id, how === "cancel" ? { cancel: true } : { to });
        count += answer.moved;
        more = answer.more;
      }
      return count;
    });
    if (moved === undefined) return;
    say(w.leave_moved(moved));
    acts.reload();
  };
  const leave = async () => {
    const left = await action.run("leave", async () => {
      await team.leave(structure, member.person.id);
      return true;
    });
    if (!left) return;
    say(w.left(name));
    onDone();
  };

  return (
    <Dialog title={w.leave_of(name)} onClose={onClose} wide>
      <div class="stack">
        <p>{w.leave_text}</p>
        <Failure error={acts.error} onRetry={acts.reload} />
        {!acts.value && !acts.error && <Skeleton lines={2} />}
        {action.error instanceof Problem || action.error ? <Failure error={action.error} /> : null}
        {open.length > 0 && (
          <>
            <Notice tone="wait" title={w.leave_acts(open.length)}>
              {may.live && <p>{w.leave_live}</p>}
              {may.to_close && how === "cancel" && <p>{w.leave_to_close}</p>}
            </Notice>
            <ul class="lines">
              {open.slice(0, SHOWN).map((a) => (
                <li key={a.id} class="line">
                  <time class="line-who" dateTime={a.starts_at}>
                    {f.longDateTime(a.starts_at)}
                  </time>
                  <StatePill state={a.state as ActState} />
                </li>
              ))}
            </ul>
            <Choice
              legend={w.leave_how}
              look="cards"
              value={how}
              onValue={setHow}
              options={[
                { value: "hand_over", label: w.leave_hand_over, hint: w.leave_hand_over_hint },
                ...(may.planned ? [{ value: "cancel" as const, label: w.leave_cancel, hint: w.leave_cancel_hint }] : []),
              ]}
            />
            {how === "hand_over" && (
              <SelectField
                label={w.leave_to}
                value={to}
                onValue={setTo}
                error={tried && !to ? w.need_choice : null}
                options={[
                  { value: "", label: w.leave_choose },
                  ...colleagues.map((m) => ({ value: m.person.id, label: `${m.person.display_name}, ${m.person.profession}` })),
                ]}
              />
            )}
          </>
        )}
        <DialogActions>
          <Button tone="quiet" onClick={onClose}>
            {t.app.cancel}
          </Button>
          {open.length > 0 ? (
            <Button tone="primary" busy={action.running === "move"} onClick={() => void move()}>
              {how === "cancel" ? w.leave_move_cancel : w.leave_move}
            </Button>
          ) : (
            acts.value && (
              <Button tone="danger" busy={action.running === "leave"} onClick={() => void leave()}>
                {w.leave}
              </Button>
            )
          )}
        </DialogActions>
      </div>
    </Dialog>
  );
}
