// What can be done around an act, each in one dialog that says who is told.
import "../new/NewPage.css";
import { useState } from "preact/hooks";
import { acts, type Guest } from "../../api/calls.ts";
import type { Act, ActShort, DirectoryPerson } from "../../api/types.ts";
import { useAction } from "../../app/hooks.ts";
import { absenceOf, AbsenceWarning } from "../../components/Absences.tsx";
import { Button } from "../../components/Button.tsx";
import { emailLooksWrong, phoneForServer, phoneLooksWrong } from "../../components/Contact.ts";
import { DateField, TimeField } from "../../components/DateField.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { Choice, SelectField, TextArea, TextField } from "../../components/Field.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { PersonSearch } from "../../components/PersonSearch.tsx";
import { format, text } from "../../text/index.ts";
import { dayIn, instant, today } from "../../text/format.ts";

export type ActionName = "cancel" | "reschedule" | "remind" | "renew_link" | "hand_over" | "invite" | "not_done";

interface Props {
  act: ActShort;
  name: ActionName;
  onClose: () => void;
  onDone: (act: Act) => void;
}

interface FormProps {
  act: ActShort;
  /** confirmed: the same, of who knows that the professional is away. */
  finish: (send: () => Promise<Act>, said: string, confirmed?: () => Promise<Act>) => void;
  busy: boolean;
  onClose: () => void;
}

export function ActionDialog({ act, name, onClose, onDone }: Props) {
  const t = text().act;
  const action = useAction();
  const titles: Record<ActionName, string> = {
    cancel: t.cancel,
    reschedule: t.reschedule,
    remind: t.remind,
    renew_link: t.renew,
    hand_over: t.hand_over,
    invite: t.invite,
    not_done: t.not_done,
  };
  const [again, setAgain] = useState<(() => Promise<void>) | null>(null);
  const away = absenceOf(action.error);
  const finish = async (send: () => Promise<Act>, said: string, confirmed?: () => Promise<Act>) => {
    setAgain(confirmed ? () => () => finish(confirmed, said) : null);
    const changed = await action.run(name, send);
    if (!changed) return;
    say(said);
    onDone(changed);
  };
  const forms: Record<ActionName, (props: FormProps) => preact.ComponentChild> = {
    cancel: (p) => <CancelForm {...p} />,
    reschedule: (p) => <RescheduleForm {...p} />,
    remind: (p) => <RemindForm {...p} />,
    renew_link: (p) => <RenewForm {...p} />,
    hand_over: (p) => <HandOverForm {...p} />,
    invite: (p) => <InviteForm {...p} />,
    not_done: (p) => <NotDoneForm {...p} />,
  };
  return (
    <Dialog title={titles[name]} onClose={onClose}>
      <p class="soft">
        {act.patient.display_name}, {format().longDateTime(act.starts_at)}
      </p>
      {away && again ? (
        <AbsenceWarning absence={away} busy={action.running !== null} onGoOn={() => void again()} />
      ) : (
        <Failure error={action.error} />
      )}
      {forms[name]({ act, finish, busy: action.running !== null, onClose })}
    </Dialog>
  );
}

function Actions({ busy, onClose, label, stay, danger }: { busy: boolean; onClose: () => void; label: string; stay?: string; danger?: boolean }) {
  return (
    <DialogActions>
      <Button tone="quiet" onClick={onClose}>
        {stay ?? text().app.cancel}
      </Button>
      <Button tone={danger ? "danger" : "primary"} type="submit" busy={busy}>
        {label}
      </Button>
    </DialogActions>
  );
}

function CancelForm({ act, finish, busy, onClose }: FormProps) {
  const t = text().act;
  const [reason, setReason] = useState("patient");
  const [comment, setComment] = useState("");
  return (
    <form
      class="stack"
      onSubmit={(e) => {
        e.preventDefault();
        finish(() => acts.cancel(act.id, reason, comment.trim()), t.cancelled);
      }}
    >
      <Choice
        legend={t.why}
        value={reason}
        onValue={setReason}
        options={["patient", "professional", "technical", "other"].map((value) => ({ value, label: t.reasons[value] ?? value }))}
      />
      <TextArea label={t.comment} hint={t.comment_told} optional rows={2} maxLength={500} value={comment} onValue={setComment} />
      <Notice>{t.everyone_told}</Notice>
      <Actions busy={busy} onClose={onClose} label={t.cancel} stay={t.keep} danger />
    </form>
  );
}

function NotDoneForm({ act, finish, busy, onClose }: FormProps) {
  const t = text().act;
  const [reason, setReason] = useState("patient_absent");
  const [comment, setComment] = useState("");
  return (
    <form
      class="stack"
      onSubmit={(e) => {
        e.preventDefault();
        finish(() => acts.notDone(act.id, reason, comment.trim()), t.not_done_ok);
      }}
    >
      <Choice
        legend={t.why}
        value={reason}
        onValue={setReason}
        options={["patient_absent", "technical", "refusal", "professional", "other"].map((value) => ({
          value,
          label: t.reasons[value] ?? value,
        }))}
      />
      <TextArea label={t.comment} optional rows={2} maxLength={500} value={comment} onValue={setComment} />
      <Actions busy={busy} onClose={onClose} label={t.not_done} />
    </form>
  );
}

function RescheduleForm({ act, finish, busy, onClose }: FormProps) {
  const t = text();
  const f = format();
  const [date, setDate] = useState(dayIn(act.starts_at));
  const [time, setTime] = useState(f.time(act.starts_at));
  const [duration, setDuration] = useState(String(act.duration_min));
  const [wrong, setWrong] = useState(false);
  const durations = [...new Set([10, 15, 20, 30, 45, 60, act.duration_min])].sort((a, b) => a - b);
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        const at = date && time ? instant(date, time) : "";
        if (!at || new Date(at).getTime() < Date.now()) return setWrong(true);
        finish(
          () => acts.reschedule(act.id, at, Number(duration)),
          t.act.rescheduled,
          () => acts.reschedule(act.id, at, Number(duration), true),
        );
      }}
    >
      <div class="new-when">
        <DateField label={t.create.date} min={today()} value={date} onValue={setDate} required />
        <TimeField label={t.create.time} value={time} onValue={setTime} required error={!wrong ? null : date && time ? t.create.past : t.date.needed} />
        <SelectField
          label={t.create.duration}
          value={duration}
          onValue={setDuration}
          options={durations.map((n) => ({ value: String(n), label: f.minutes(n) }))}
        />
      </div>
      <Notice>
        {t.act.everyone_told} {t.act.keeps_link}
      </Notice>
      <Actions busy={busy} onClose={onClose} label={t.act.reschedule} />
    </form>
  );
}

function RemindForm({ act, finish, busy, onClose }: FormProps) {
  const t = text().act;
  return (
    <form
      class="stack"
      onSubmit={(e) => {
        e.preventDefault();
        finish(() => acts.remind(act.id), t.reminded);
      }}
    >
      <Notice>{t.keeps_link}</Notice>
      <Actions busy={busy} onClose={onClose} label={t.remind} />
    </form>
  );
}

/** Optional contact; empty means "where the last one went". */
function useContact() {
  const t = text();
  const [email, setEmail] = useState("");
  const [phone, setPhone] = useState("");
  const [tried, setTried] = useState(false);
  const bad = emailLooksWrong(email.trim()) || phoneLooksWrong(phone.trim());
  const fields = (
    <div class="new-contact">
      <TextField label={t.create.by_email} type="email" optional value={email} onValue={setEmail} autocomplete="off" error={tried && emailLooksWrong(email.trim()) ? t.patient.bad_email : null} />
      <TextField label={t.create.by_phone} type="tel" optional value={phone} onValue={setPhone} autocomplete="off" error={tried && phoneLooksWrong(phone.trim()) ? t.patient.bad_phone : null} />
    </div>
  );
  return {
    fields,
    tried,
    /** Null while something is wrong. */
    read: () => {
      setTried(true);
      return bad ? null : { email: email.trim() || null, phone: phoneForServer(phone) };
    },
  };
}

function RenewForm({ act, finish, busy, onClose }: FormProps) {
  const t = text().act;
  const contact = useContact();
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        const to = contact.read();
        if (to) finish(() => acts.renewLink(act.id, to.email, to.phone), t.renewed);
      }}
    >
      <p>{t.renew_where}</p>
      {contact.fields}
      <Notice tone="wait">{t.old_link_dead}</Notice>
      <Actions busy={busy} onClose={onClose} label={t.renew} />
    </form>
  );
}

function HandOverForm({ act, finish, busy, onClose }: FormProps) {
  const t = text().act;
  const [person, setPerson] = useState<DirectoryPerson | null>(null);
  const [comment, setComment] = useState("");
  const [tried, setTried] = useState(false);
  return (
    <form
      class="stack"
      onSubmit={(e) => {
        e.preventDefault();
        setTried(true);
        if (person) finish(() => acts.handOver(act.id, person.id, comment.trim()), t.handed);
      }}
    >
      <PersonSearch chosen={person} onChoose={setPerson} error={tried && !person ? t.choose_one : null} />
      <TextArea label={t.comment} optional rows={2} maxLength={500} value={comment} onValue={setComment} />
      <Notice>
        {t.everyone_told} {t.keeps_link}
      </Notice>
      <Actions busy={busy} onClose={onClose} label={t.hand_over} />
    </form>
  );
}

export function InviteForm({ act, finish, busy, onClose }: FormProps) {
  const t = text();
  const [who, setWho] = useState<"colleague" | "guest">("colleague");
  const [person, setPerson] = useState<DirectoryPerson | null>(null);
  const [name, setName] = useState("");
  const [role, setRole] = useState<Guest["role"]>("helper");
  const [tried, setTried] = useState(false);
  const contact = useContact();
  const [needContact, setNeedContact] = useState(false);
  const submit = (e: Event) => {
    e.preventDefault();
    setTried(true);
    if (who === "colleague") {
      if (person) finish(() => acts.inviteColleague(act.id, person.id, ""), t.act.invited);
      return;
    }
    const to = contact.read();
    const none = to !== null && !to.email && !to.phone;
    setNeedContact(none);
    if (!to || none || !name.trim()) return;
    finish(() => acts.inviteGuest(act.id, { name: name.trim(), role, ...to }), t.act.invited);
  };
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <Choice
        legend={t.act.invite}
        hideLegend
        value={who}
        onValue={setWho}
        options={[
          { value: "colleague", label: t.act.colleague },
          { value: "guest", label: t.act.guest },
        ]}
      />
      {who === "colleague" ? (
        <PersonSearch chosen={person} onChoose={setPerson} error={tried && !person ? t.act.choose_one : null} />
      ) : (
        <>
          <div class="new-contact">
            <TextField label={t.act.guest_name} value={name} onValue={setName} maxLength={80} autocomplete="off" error={tried && !name.trim() ? t.patient.required : null} />
            <SelectField
              label={t.act.guest_role}
              value={role}
              onValue={(v) => setRole(v as Guest["role"])}
              options={(["helper", "interpreter", "nurse", "guardian"] as const).map((value) => ({
                value,
                label: t.roles[value] ?? value,
              }))}
            />
          </div>
          {needContact && <Notice tone="bad">{t.act.contact_needed}</Notice>}
          {contact.fields}
        </>
      )}
      <Actions busy={busy} onClose={onClose} label={t.act.send_invitation} />
    </form>
  );
}
