// Signing in by Pro Santé Connect in another tab, so that what was typed in this one stays: the cookie
// is for both.
import { useState } from "preact/hooks";
import { pscAddress, session } from "../api/calls.ts";
import type { Me } from "../api/types.ts";
import { isWhole, me } from "../app/session.ts";
import { text } from "../text/index.ts";
import { Button, LinkButton } from "./Button.tsx";
import { Notice } from "./Notice.tsx";

export function PscElsewhere({ onBack }: { onBack: (who: Me) => void }) {
  const t = text().psc;
  const [absent, setAbsent] = useState(false);
  // Another person may not send this one's text.
  const look = async () => {
    const now = await session.me().catch(() => null);
    const same = now !== null && isWhole(now) && now.person.id === me.value?.person.id;
    setAbsent(!same);
    if (same) onBack(now);
  };
  return (
    <>
      <LinkButton href={pscAddress("/")} target="_blank">
        {t.elsewhere}
      </LinkButton>
      {absent && <Notice tone="wait">{t.not_yet}</Notice>}
      <Button onClick={look}>{t.done}</Button>
    </>
  );
}
