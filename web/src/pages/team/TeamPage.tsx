// The manager's page: who works in the structure, who is awaited, who plans for whom, what there is.
import { useState } from "preact/hooks";
import { delegations, type Member, type Newcomer, team } from "../../api/people.ts";
import { now, useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { managed, me } from "../../app/session.ts";
import { Card, Empty, Initials, PageHead, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button, LinkButton } from "../../components/Button.tsx";
import { DelegationList } from "../../components/DelegationList.tsx";
import { SelectField } from "../../components/Field.tsx";
import { Menu } from "../../components/Menu.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { AbsenceDialog } from "../../components/Absences.tsx";
import { format, text } from "../../text/index.ts";
import { EquipmentCard } from "./EquipmentCard.tsx";
import { InviteDialog } from "./InviteDialog.tsx";
import { LeaveDialog } from "./LeaveDialog.tsx";
import { ResetFactorDialog } from "./ResetFactorDialog.tsx";
import { RolesDialog } from "./RolesDialog.tsx";
import "./TeamPage.css";

type Opened = { what: "roles" | "leave" | "absence" | "factor"; who: Member } | { what: "invite" } | null;

export function TeamPage() {
  const t = text();
  const w = t.team;
  const structures = managed.value;
  const [structure, setStructure] = useState(structures[0]?.id ?? "");
  const [opened, setOpened] = useState<Opened>(null);
  const people = useLoad(structure, (signal) => team.people(structure, signal));
  const newcomers = useLoad(structure, (signal) => team.newcomers(structure, signal));
  const given = useLoad(structure, (signal) => delegations.list(structure, signal));
  useTitle(w.title);
  const done = () => {
    setOpened(null);
    people.reload();
    newcomers.reload();
    given.reload();
  };
  const name = structures.find((s) => s.id === structure)?.name;
  if (!structure) return <Empty icon="gone" title={t.problem.forbidden} />;
  return (
    <>
      <PageHead title={w.title} lead={structures.length > 1 ? w.lead : `${name}. ${w.lead}`}>
        <LinkButton tone="quiet" icon="bell" href="/alertes">
          {t.alerts.title}
        </LinkButton>
        <LinkButton tone="quiet" icon="eye" href="/equipe/consultations">
          {t.audit.title}
        </LinkButton>
        <LinkButton tone="quiet" icon="settings" href="/reglages">
          {t.nav.settings}
        </LinkButton>
        <Button tone="primary" icon="person_plus" onClick={() => setOpened({ what: "invite" })}>
          {w.invite}
        </Button>
      </PageHead>
      {structures.length > 1 && (
        <div class="team-structure">
          <SelectField label={w.structure} value={structure} onValue={setStructure} options={structures.map((s) => ({ value: s.id, label: s.name }))} />
        </div>
      )}
      <div class="team stack">
        {(newcomers.value?.items.length ?? 0) > 0 && (
          <Waiting structure={structure} items={newcomers.value?.items ?? []} onChange={newcomers.reload} />
        )}
        <Card title={w.people} count={people.value?.length}>
          <Failure error={people.error} onRetry={people.reload} />
          {!people.value && !people.error && <Skeleton lines={4} />}
          <ul class="lines">
            {people.value?.map((m) => (
              <PersonLine key={m.person.id} member={m} onOpen={(what) => setOpened({ what, who: m })} />
            ))}
          </ul>
        </Card>
        <Card title={w.delegations}>
          <div class="stack">
            <p class="soft">{w.delegations_lead}</p>
            <Failure error={given.error} onRetry={given.reload} />
            {given.value && (
              <DelegationList
                items={given.value.items}
                structure={structure}
                professionals={holding(people.value, ["doctor", "nurse", "midwife"])}
                secretaries={holding(people.value, ["secretary"])}
                onChange={given.reload}
              />
            )}
          </div>
        </Card>
        <EquipmentCard key={structure} structure={structure} />
      </div>
      {opened?.what === "invite" && <InviteDialog structure={structure} onClose={() => setOpened(null)} onDone={done} />}
      {opened?.what === "roles" && <RolesDialog structure={structure} member={opened.who} onClose={() => setOpened(null)} onDone={done} />}
      {opened?.what === "leave" && (
        <LeaveDialog structure={structure} member={opened.who} others={people.value ?? []} onClose={() => setOpened(null)} onDone={done} />
      )}
      {opened?.what === "factor" && <ResetFactorDialog structure={structure} member={opened.who} onClose={() => setOpened(null)} />}
      {opened?.what === "absence" && <AbsenceDialog person={opened.who.person} onClose={() => setOpened(null)} onDone={done} />}
    </>
  );
}

/** Who has one of these roles. */
function holding(members: Member[] | undefined, roles: string[]) {
  return (members ?? []).filter((m) => m.roles.some((r) => roles.includes(r.role))).map((m) => m.person);
}

function PersonLine({ member, onOpen }: { member: Member; onOpen: (what: "roles" | "leave" | "absence" | "factor") => void }) {
  const t = text();
  const w = t.team;
  const f = format();
  const cares = member.roles.some((r) => ["doctor", "nurse", "midwife"].includes(r.role));
  const own = member.person.id === me.value?.person.id;
  return (
    <li class="line">
      <Initials name={member.person.display_name} />
      <div class="line-who">
        <p class="line-name">{member.person.display_name}</p>
        <p class="soft small">
          {[member.person.profession, member.email].filter(Boolean).join(", ")}
        </p>
      </div>
      <Menu
        label={w.actions(member.person.display_name)}
        items={[
          { label: w.roles, icon: "people", act: () => onOpen("roles") },
          ...(cares ? [{ label: w.absence_note, icon: "calendar" as const, act: () => onOpen("absence") }] : []),
          ...(own ? [] : [{ label: t.factor.reset.action, icon: "shield" as const, act: () => onOpen("factor") }]),
          ...(own ? [] : [{ label: w.leave, icon: "out" as const, danger: true, act: () => onOpen("leave") }]),
        ]}
      />
      <div class="line-tags">
        {member.roles.map((r) => (
          <Tag key={r.role}>{t.roles[r.role] ?? r.role}</Tag>
        ))}
        {member.absence && (
          <Tag tone="wait" icon="calendar">
            {t.absence.away(f.civil(member.absence.until))}
          </Tag>
        )}
      </div>
      <p class="line-when soft small">
        {member.last_sign_in_at ? w.last_sign_in(f.relative(member.last_sign_in_at, now.value)) : w.never_signed_in}
      </p>
    </li>
  );
}

function Waiting({ structure, items, onChange }: { structure: string; items: Newcomer[]; onChange: () => void }) {
  const t = text();
  const w = t.team;
  const f = format();
  const action = useAction();
  const act = async (name: string, send: () => Promise<void>, said: string) => {
    const sent = await action.run(name, async () => {
      await send();
      return true;
    });
    if (!sent) return;
    say(said);
    onChange();
  };
  return (
    <Card title={w.waiting} count={items.length} tone="wait">
      <Failure error={action.error} />
      <ul class="lines">
        {items.map((n) => (
          <li key={n.id} class="line">
            <div class="line-who">
              <p class="line-name">{n.display_name}</p>
              <p class="small">
                {n.email}, {w.sent(f.relative(n.sent_at, now.value), n.sent)}
                {n.state === "sent" && `, ${w.expires(f.dateTime(n.expires_at))}`}
              </p>
            </div>
            <div class="line-tags">
              <Tag>{t.roles[n.role] ?? n.role}</Tag>
              {n.state === "expired" && <Tag tone="bad">{w.expired}</Tag>}
            </div>
            <div class="row">
              <Button size="s" icon="mail" busy={action.running === `again ${n.id}`} onClick={() => void act(`again ${n.id}`, () => team.inviteAgain(structure, n.id), w.again_done)}>
                {w.again}
              </Button>
              <Button size="s" tone="quiet" busy={action.running === n.id} onClick={() => void act(n.id, () => team.withdraw(structure, n.id), w.withdrawn)}>
                {w.withdraw}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
