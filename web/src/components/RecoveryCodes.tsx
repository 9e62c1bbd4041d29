// Ten codes, shown this once: to be printed or copied before going on.
import { format, text } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { Notice } from "./Notice.tsx";
import "./Factor.css";

export function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  const t = text().factor.codes;
  return (
    <div class="stack factor-codes">
      <h2 class="no-print">{t.title}</h2>
      <p class="print-only">{t.printed(format().dateTime(new Date().toISOString()))}</p>
      <Notice>{t.lead}</Notice>
      <ul class="factor-list" aria-label={t.list}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div class="factor-actions no-print">
        <Button tone="primary" size="l" onClick={onKept}>
          {t.kept}
        </Button>
        <Button icon="file" onClick={() => window.print()}>
          {t.print}
        </Button>
      </div>
    </div>
  );
}
