import { useEffect, useMemo, useState } from "preact/hooks";
import { session } from "../../api/calls.ts";
import { CARING, delegations } from "../../api/people.ts";
import { useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { about, isClinical, me, seesActs, signOut, take } from "../../app/session.ts";
import { setTheme, theme } from "../../app/theme.ts";
import { Card, Initials, PageHead, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { MyAbsences } from "../../components/Absences.tsx";
import { DelegationList } from "../../components/DelegationList.tsx";
import { DevicePicker, deviceOf } from "../../components/DevicePicker.tsx";
import { Choice, SelectField } from "../../components/Field.tsx";
import { MyInterests } from "../../components/Interests.tsx";
import { Keys } from "../../components/Keys.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Level, Video } from "../../components/Media.tsx";
import { Failure } from "../../components/Notice.tsx";
import { Refused } from "../../components/Refused.tsx";
import { isLanguage, language, setLanguage, text } from "../../text/index.ts";
import { LocalMedia } from "../call/local.ts";
import { Browsers } from "./Browsers.tsx";
import { FactorCard } from "./FactorCard.tsx";
import "./SettingsPage.css";

export function SettingsPage() {
  const t = text();
  const s = t.settings;
  const who = me.value;
  const [keys, setKeys] = useState(false);
  const action = useAction();
  useTitle(s.title);
  const chooseLanguage = (next: string) => {
    if (!isLanguage(next)) return;
    setLanguage(next);
    void action.run("language", async () => take(await session.setLanguage(next)));
  };
  return (
    <>
      <PageHead title={s.title} />
      <div class="settings">
        <div class="stack settings-side">
          <Card title={s.account}>
            {who && (
              <div class="stack">
                <div class="row">
                  <Initials name={who.person.display_name} size="l" />
                  <div class="grow">
                    <p class="new-name">{who.person.display_name}</p>
                    <p class="soft">{who.person.profession}</p>
                    {who.person.rpps && <p class="soft small number">{s.rpps(who.person.rpps)}</p>}
                  </div>
                </div>
                <h3>{s.memberships}</h3>
                <ul class="stack-s">
                  {who.memberships.map((m) => (
                    <li key={m.structure.id + m.role} class="row">
                      <span class="grow">
                        {m.structure.name}
                        <span class="soft small settings-place">
                          {m.structure.city}
                          {m.structure.finess && `, ${s.finess(m.structure.finess)}`}
                        </span>
                      </span>
                      <Tag>{t.roles[m.role] ?? m.role}</Tag>
                    </li>
                  ))}
                </ul>
                <div>
                  <Button icon="out" onClick={() => void signOut()}>
                    {s.sign_out}
                  </Button>
                </div>
              </div>
            )}
          </Card>
          {isClinical.value && who && (
            <Card title={t.absence.mine}>
              <MyAbsences person={who.person} />
            </Card>
          )}
          {isClinical.value && who && (
            <Card title={t.interests.mine}>
              <MyInterests person={who.person.id} />
            </Card>
          )}
        </div>
        <div class="stack settings-side">
          <Card>
            <div class="stack">
              <Choice
                legend={s.language}
                value={language.value as string}
                onValue={chooseLanguage}
                options={[
                  { value: "fr", label: "Français" },
                  { value: "en", label: "English" },
                ]}
              />
              <Failure error={action.error} />
              <Choice
                legend={s.theme}
                value={theme.value}
                onValue={setTheme}
                options={[
                  { value: "system", label: s.theme_system },
                  { value: "light", label: s.theme_light },
                  { value: "dark", label: s.theme_dark },
                ]}
              />
              <div>
                <Button icon="keyboard" onClick={() => setKeys(true)}>
                  {s.keyboard_show}
                </Button>
              </div>
            </div>
          </Card>
          <FactorCard />
          <Browsers />
          <Delegations />
          <Equipment />
          <Card title={s.about}>
            <p>
              {t.app.name}, {about.value ? s.version(about.value.version) : ""}
            </p>
            <p class="soft">{s.privacy}</p>
            {about.value?.demo && <p class="soft">{t.app.demo_long}</p>}
          </Card>
        </div>
      </div>
      {keys && <Keys onClose={() => setKeys(false)} />}
    </>
  );
}

/** Those one gave, and those one was given. */
function Delegations() {
  const t = text();
  const all = useLoad("delegations", (signal) => delegations.list(undefined, signal));
  const own = me.value?.person.id;
  const items = (all.value?.items ?? []).filter((d) => d.professional.id === own || d.delegate.id === own);
  const places = (me.value?.memberships ?? []).filter(
    (m, i, list) => CARING.includes(m.role) && list.findIndex((n) => n.structure.id === m.structure.id && CARING.includes(n.role)) === i,
  );
  const [chosen, setChosen] = useState("");
  const structure = chosen || places[0]?.structure.id;
  if (!seesActs.value) return null;
  return (
    <Card title={t.team.delegations}>
      <div class="stack">
        <p class="soft">{t.team.delegations_lead}</p>
        <Failure error={all.error} onRetry={all.reload} />
        {places.length > 1 && (
          <SelectField
            label={t.team.structure}
            value={structure ?? ""}
            onValue={setChosen}
            options={places.map((m) => ({ value: m.structure.id, label: m.structure.name }))}
          />
        )}
        {all.value && (
          <DelegationList
            key={structure}
            items={items}
            structure={structure}
            secretaries={all.value.may_name
              .filter((m) => m.structure === structure && !items.some((d) => d.structure.id === structure && d.delegate.id === m.person.id))
              .map((m) => m.person)}
            onChange={all.reload}
          />
        )}
      </div>
    </Card>
  );
}

function Equipment() {
  const t = text();
  const s = t.settings;
  const local = useMemo(() => new LocalMedia(), []);
  const [on, setOn] = useState(false);
  useEffect(() => () => local.stop(), []);
  const toggle = () => {
    if (on) local.stop();
    else void local.start();
    setOn(!on);
  };
  return (
    <Card title={s.devices}>
      <div class="stack">
        <p class="soft">{s.devices_text}</p>
        {on && (
          <>
            <Refused refusal={local.refusal.value} onRetry={() => void local.start()} />
            {local.camera.value && (
              <div class="settings-mirror">
                <Video track={local.camera.value} mirrored label={t.call.you} />
              </div>
            )}
            <div class="level-row">
              <Icon name="micro" />
              <Level track={local.microphone.value} />
            </div>
            <DevicePicker
              camera={deviceOf(local.camera.value)}
              microphone={deviceOf(local.microphone.value)}
              onCamera={(id) => void local.pickCamera(id)}
              onMicrophone={(id) => void local.pickMicrophone(id)}
            />
          </>
        )}
        <div>
          <Button icon={on ? "camera_off" : "camera"} onClick={toggle}>
            {on ? s.devices_stop : s.devices_try}
          </Button>
        </div>
      </div>
    </Card>
  );
}
