// A second factor is chosen: scan, confirm with a code, keep the recovery codes.
import { useEffect, useMemo, useState } from "preact/hooks";
import { encode } from "uqr";
import { factor, type Secret } from "../api/factor.ts";
import { Problem } from "../api/http.ts";
import type { Me } from "../api/types.ts";
import { useAction } from "../app/hooks.ts";
import { text } from "../text/index.ts";
import { Skeleton } from "./Bits.tsx";
import { Button } from "./Button.tsx";
import { CheckField, TextField } from "./Field.tsx";
import { Failure, Notice } from "./Notice.tsx";
import { RecoveryCodes } from "./RecoveryCodes.tsx";
import "./Factor.css";

/** Squares as one path, so that it is sharp at any size and needs no picture. */
function Qr({ uri }: { uri: string }) {
  const { data, size } = useMemo(() => encode(uri, { ecc: "M", border: 3 }), [uri]);
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg class="factor-qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={text().factor.enrol.qr} shape-rendering="crispEdges">
      <path class="factor-qr-light" d={`M0 0h${size}v${size}h-${size}z`} />
      <path class="factor-qr-dark" d={path} />
    </svg>
  );
}

/** onDone: the codes were kept; me is what the sign-in gives, or what it was. */
export function Enrol({ onDone, onConfirmed, offersToRemember }: { onDone: (me: Me) => void; onConfirmed?: () => void; offersToRemember?: boolean }) {
  const t = text().factor;
  const [secret, setSecret] = useState<Secret | null>(null);
  const [code, setCode] = useState("");
  const [remember, setRemember] = useState(false);
  const [tried, setTried] = useState(false);
  const [given, setGiven] = useState<{ me: Me; recovery_codes: string[] } | null>(null);
  const action = useAction();
  const show = async () => setSecret((await action.run("show", factor.show)) ?? null);
  useEffect(() => void show(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (code.trim().length < 6) return;
    const answer = await action.run("confirm", () => factor.confirm(code.replace(/\s/g, ""), remember));
    if (!answer) return setCode("");
    setGiven(answer);
    onConfirmed?.();
  };
  if (given) return <RecoveryCodes codes={given.recovery_codes} onKept={() => onDone(given.me)} />;
  const wrong = action.error instanceof Problem && action.error.code === "code" ? action.error.message : null;
  return (
    <form class="stack" onSubmit={submit} noValidate>
      {wrong ? <Notice tone="bad">{wrong}</Notice> : <Failure error={action.error} onRetry={secret ? undefined : () => void show()} />}
      <ol class="factor-steps">
        <li>
          <p class="factor-step">{t.enrol.first}</p>
          <p class="soft small">{t.enrol.first_hint}</p>
        </li>
        <li>
          <p class="factor-step">{t.enrol.second}</p>
          {secret ? (
            <div class="factor-secret">
              <Qr uri={secret.uri} />
              <p class="small">
                <span class="soft">{t.enrol.second_hint}</span>
                <code class="factor-key">{secret.secret.match(/.{4}/g)?.join(" ")}</code>
              </p>
            </div>
          ) : (
            <Skeleton lines={4} />
          )}
        </li>
        <li>
          <TextField label={t.enrol.third} value={code} onValue={setCode} name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={7}
            class="factor-code" required error={tried && !code && !wrong ? t.give.required : null} />
        </li>
      </ol>
      {offersToRemember && <CheckField label={t.give.remember} hint={t.give.remember_hint} checked={remember} onChecked={setRemember} />}
      <Button tone="primary" size="l" type="submit" busy={action.running === "confirm"} disabled={!secret}>
        {t.enrol.submit}
      </Button>
    </form>
  );
}
