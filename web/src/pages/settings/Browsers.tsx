// The browsers signed in to one's account: seen, ended one by one, or all at once.
import { session } from "../../api/calls.ts";
import type { Browser } from "../../api/types.ts";
import { useAction, useLoad } from "../../app/hooks.ts";
import { me } from "../../app/session.ts";
import { Card, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button } from "../../components/Button.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";

export function Browsers() {
  const t = text().browsers;
  const f = format();
  const list = useLoad<Browser[]>("browsers", (signal) => session.browsers(signal));
  const action = useAction();
  const end = async (browser: Browser) => {
    const done = await action.run(browser.id, async () => {
      await session.endBrowser(browser.id);
      return true;
    });
    if (!done) return;
    say(t.ended);
    list.reload();
  };
  const endAll = async () => {
    const done = await action.run("all", async () => {
      await session.endAll();
      return true;
    });
    if (done) me.value = null;
  };
  return (
    <Card title={t.title}>
      <div class="stack">
        <p class="soft">{t.lead}</p>
        {list.error ? <Failure error={list.error} onRetry={list.reload} /> : null}
        {list.loading && !list.value && <Skeleton lines={2} />}
        <ul class="stack-s">
          {list.value?.map((browser) => (
            <li key={browser.id} class="row">
              <span class="grow">
                {t.since(f.dateTime(browser.since))}
                <span class="soft small settings-place">
                  {t.seen(f.dateTime(browser.last_seen_at))}
                  {browser.psc && ` · ${text().psc.came_by}`}
                </span>
              </span>
              {browser.here ? (
                <Tag tone="good">{t.here}</Tag>
              ) : (
                <Button size="s" busy={action.running === browser.id} aria-label={t.end_of(f.dateTime(browser.since))} onClick={() => end(browser)}>
                  {t.end}
                </Button>
              )}
            </li>
          ))}
        </ul>
        <Failure error={action.error} />
        <div>
          <Button icon="out" busy={action.running === "all"} onClick={endAll}>
            {t.everywhere}
          </Button>
        </div>
      </div>
    </Card>
  );
}
