// The operator's page: is the service well, and which structures are there.
import { useState } from "preact/hooks";
import { platform, type StructureLine } from "../../api/platform.ts";
import { useDebounced, useLoad, useTitle } from "../../app/hooks.ts";
import { navigate } from "../../app/router.ts";
import { Card, Empty, PageHead, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button, LinkButton } from "../../components/Button.tsx";
import { TextField } from "../../components/Field.tsx";
import { Failure, say } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import { CertificatesCard } from "./CertificatesCard.tsx";
import { HealthCard } from "./HealthCard.tsx";
import { PlaceDialog } from "./PlaceDialog.tsx";
import "./PlatformPage.css";

export function PlatformPage() {
  const t = text();
  const w = t.platform;
  const [adding, setAdding] = useState(false);
  useTitle(w.title);
  return (
    <>
      <PageHead title={w.title} lead={w.lead}>
        <LinkButton tone="quiet" icon="bell" href="/alertes">
          {t.alerts.title}
        </LinkButton>
        <LinkButton tone="quiet" icon="eye" href="/plateforme/audit">
          {t.audit.platform_title}
        </LinkButton>
        <LinkButton tone="quiet" icon="settings" href="/reglages">
          {t.nav.settings}
        </LinkButton>
        <Button tone="primary" icon="plus" onClick={() => setAdding(true)}>
          {w.add}
        </Button>
      </PageHead>
      <div class="platform">
        <div class="stack platform-side">
          <HealthCard />
          <CertificatesCard />
        </div>
        <Structures />
      </div>
      {adding && (
        <PlaceDialog
          title={w.add}
          kind="structure"
          onClose={() => setAdding(false)}
          send={(fields, key) => platform.add(fields, key)}
          onDone={(made) => {
            say(w.created(made.name));
            void navigate(`/plateforme/${made.id}`);
          }}
        />
      )}
    </>
  );
}

function Structures() {
  const t = text();
  const w = t.platform;
  const [typed, setTyped] = useState("");
  const q = useDebounced(typed.trim(), 220);
  const first = useLoad(`structures ${q}`, (signal) => platform.structures(q, null, signal));
  const [more, setMore] = useState<{ q: string; items: StructureLine[]; next: string | null } | null>(null);
  const rest = more?.q === q ? more : null;
  const items = [...(first.value?.items ?? []), ...(rest?.items ?? [])];
  const next = rest ? rest.next : first.value?.next;
  const showMore = async () => {
    const page = await platform.structures(q, next ?? null);
    setMore({ q, items: [...(rest?.items ?? []), ...page.items], next: page.next });
  };
  return (
    <Card title={w.structures}>
      <TextField label={w.search} type="search" value={typed} onValue={setTyped} autocomplete="off" />
      <Failure error={first.error} onRetry={first.reload} />
      {!first.value && !first.error && <Skeleton lines={5} />}
      {first.value && items.length === 0 && <Empty icon="search" title={w.none_found} />}
      <ul class="lines platform-structures">
        {items.map((s) => (
          <li key={s.id}>
            <a class="line" href={`/plateforme/${s.id}`}>
              <span class="line-who">
                <span class="line-name">{s.name}</span>
                <span class="soft small platform-where">
                  {[w.kinds[s.kind] ?? s.kind, s.city, s.finess && `FINESS ${s.finess}`].filter(Boolean).join(", ")}
                </span>
              </span>
              <span class="line-tags">
                {s.closed_at ? (
                  <Tag>{w.closed(format().shortDate(s.closed_at))}</Tag>
                ) : s.managers === 0 ? (
                  <Tag tone="wait">{w.no_manager}</Tag>
                ) : null}
                <Tag icon="people">{w.people(s.people)}</Tag>
              </span>
            </a>
          </li>
        ))}
      </ul>
      {next && (
        <div>
          <Button icon="down" onClick={() => void showMore()}>
            {t.app.show_more}
          </Button>
        </div>
      )}
    </Card>
  );
}
