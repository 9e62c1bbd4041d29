import { useEffect, useMemo, useState } from "preact/hooks";
import { session } from "../../api/calls.ts";
import { useAction, useTitle } from "../../app/hooks.ts";
import { about, me, signOut, take } from "../../app/session.ts";
import { setTheme, theme } from "../../app/theme.ts";
import { Card, Initials, PageHead, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { DevicePicker, deviceOf } from "../../components/DevicePicker.tsx";
import { Choice } from "../../components/Field.tsx";
import { Keys } from "../../components/Keys.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Level, Video } from "../../components/Media.tsx";
import { Failure } from "../../components/Notice.tsx";
import { Refused } from "../../components/Refused.tsx";
import { isLanguage, language, setLanguage, text } from "../../text/index.ts";
import { LocalMedia } from "../call/local.ts";
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
