// One's second factor: turned on, replaced, its recovery codes, the devices that are not asked for it.
import { useState } from "preact/hooks";
import { factor } from "../../api/factor.ts";
import { useAction, useLoad } from "../../app/hooks.ts";
import { take } from "../../app/session.ts";
import { Card, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Enrol } from "../../components/Enrol.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { RecoveryCodes } from "../../components/RecoveryCodes.tsx";
import { format, text } from "../../text/index.ts";

type Opened = "enrol" | string[] | null;

export function FactorCard() {
  const all = text().factor;
  const t = all.card;
  const f = format();
  const mine = useLoad("factor", (signal) => factor.mine(signal));
  const [opened, setOpened] = useState<Opened>(null);
  const action = useAction();
  const close = () => {
    setOpened(null);
    mine.reload();
  };
  const newCodes = async () => {
    const answer = await action.run("codes", factor.recoveryCodes);
    if (answer) setOpened(answer.recovery_codes);
  };
  const forget = async (device: string) => {
    const done = await action.run(device, async () => {
      await factor.forget(device);
      return true;
    });
    if (!done) return;
    say(t.forgotten);
    mine.reload();
  };
  const it = mine.value;
  return (
    <Card title={t.title}>
      <div class="stack">
        {mine.error ? <Failure error={mine.error} onRetry={mine.reload} /> : null}
        {mine.loading && !it && <Skeleton lines={2} />}
        {it && (
          <>
            <p>{it.since ? t.since(f.dateTime(it.since)) : t.off}</p>
            {it.since && (it.recovery_left ? <p class="soft">{t.left(it.recovery_left)}</p> : <Notice tone="wait">{t.none_left}</Notice>)}
            <div class="row row-wrap">
              <Button icon="shield" onClick={() => setOpened("enrol")}>
                {it.since ? t.replace : t.enable}
              </Button>
              {it.since && (
                <Button busy={action.running === "codes"} onClick={() => void newCodes()}>
                  {t.new_codes}
                </Button>
              )}
            </div>
            <h3>{t.devices}</h3>
            {it.devices.length === 0 && <p class="soft">{t.no_device}</p>}
            <ul class="stack-s">
              {it.devices.map((device) => (
                <li key={device.id} class="row">
                  <span class="grow">
                    {t.device(f.dateTime(device.since))}
                    <span class="soft small settings-place">{t.until(f.dateTime(device.last_seen_at), f.dateTime(device.until))}</span>
                    {device.here && <Tag tone="good">{t.here}</Tag>}
                  </span>
                  <Button size="s" busy={action.running === device.id} aria-label={t.forget_of(f.dateTime(device.since))} onClick={() => void forget(device.id)}>
                    {t.forget}
                  </Button>
                </li>
              ))}
            </ul>
          </>
        )}
        <Failure error={action.error} />
      </div>
      {opened === "enrol" && (
        <Dialog title={t.title} onClose={close} wide>
          <Enrol
            onDone={(me) => {
              take(me);
              close();
              say(t.replaced);
            }}
          />
        </Dialog>
      )}
      {Array.isArray(opened) && (
        <Dialog title={t.title} onClose={close} wide>
          <RecoveryCodes codes={opened} onKept={close} />
        </Dialog>
      )}
    </Card>
  );
}
