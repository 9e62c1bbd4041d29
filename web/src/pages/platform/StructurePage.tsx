// One structure, as the operator keeps it: what it is, who manages it, its sites.
import { useState } from "preact/hooks";
import { Problem } from "../../api/http.ts";
import { platform, type Site, type StructureWhole } from "../../api/platform.ts";
import { useAction, useLoad, useTitle } from "../../app/hooks.ts";
import { Card, Initials, PageHead, Skeleton, Tag } from "../../components/Bits.tsx";
import { Button, LinkButton } from "../../components/Button.tsx";
import { Dialog, DialogActions } from "../../components/Dialog.tsx";
import { Failure, Notice, say } from "../../components/Notice.tsx";
import { format, text } from "../../text/index.ts";
import { InviteDialog } from "../team/InviteDialog.tsx";
import { PlaceDialog } from "./PlaceDialog.tsx";
import "../patients/PatientsPage.css";
import "./PlatformPage.css";

type Opened = { what: "change" | "close" | "manager" | "add" } | { what: "site" | "site_close"; site: Site } | null;

export function StructurePage({ id }: { id: string }) {
  const t = text();
  const w = t.platform;
  const f = format();
  const one = useLoad(id, (signal) => platform.structure(id, signal));
  const [opened, setOpened] = useState<Opened>(null);
  const s = one.value;
  useTitle(s?.name ?? w.title);
  const done = (said: string) => (changed?: StructureWhole) => {
    setOpened(null);
    say(said);
    if (changed) one.set(changed);
    else one.reload();
  };
  if (!s) {
    return (
      <>
        <PageHead title={w.title} />
        <Failure error={one.error} onRetry={one.reload} />
        {!one.error && <Skeleton lines={5} />}
      </>
    );
  }
  const rows: [string, string | null | undefined][] = [
    [w.kind, w.kinds[s.kind] ?? s.kind],
    [w.finess, s.finess],
    [w.address, [s.address, `${s.postal_code} ${s.city}`.trim()].filter(Boolean).join(", ")],
    [w.departement, w.departements[s.departement] ?? s.departement],
    [w.phone, s.phone],
  ];
  return (
    <>
      <PageHead title={s.name} lead={s.closed_at ? w.closed(f.shortDate(s.closed_at)) : undefined}>
        <LinkButton tone="quiet" icon="left" href="/plateforme">
          {w.back}
        </LinkButton>
      </PageHead>
      <div class="platform">
        <Card
          title={w.identity}
          aside={
            !s.closed_at && (
              <Button size="s" tone="quiet" icon="pencil" onClick={() => setOpened({ what: "change" })}>
                {w.change}
              </Button>
            )
          }
        >
          <dl class="traits">
            {rows
              .filter(([, value]) => value)
              .map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
          </dl>
          {!s.closed_at && (
            <div>
              <Button tone="danger" size="s" onClick={() => setOpened({ what: "close" })}>
                {w.close}
              </Button>
            </div>
          )}
        </Card>
        <div class="stack platform-side">
          <Card title={w.managers} count={s.managers.length}>
            {s.managers.length === 0 && <Notice tone="wait">{w.managers_none}</Notice>}
            <ul class="lines">
              {s.managers.map((m) => (
                <li key={m.id} class="line">
                  <Initials name={m.display_name} size="s" />
                  <span class="line-who line-name">{m.display_name}</span>
                </li>
              ))}
            </ul>
            {!s.closed_at && (
              <div>
                <Button icon="person_plus" onClick={() => setOpened({ what: "manager" })}>
                  {w.invite_manager}
                </Button>
              </div>
            )}
          </Card>
          <Card title={w.sites} count={s.sites.filter((x) => !x.closed_at).length}>
            {s.sites.length === 0 && <p class="soft">{w.sites_none}</p>}
            <ul class="lines">
              {s.sites.map((site) => (
                <li key={site.id} class="line">
                  <div class="line-who">
                    <p class="line-name">{site.name}</p>
                    <p class="soft small">
                      {[site.address, `${site.postal_code} ${site.city}`.trim(), site.finess && `FINESS ${site.finess}`].filter(Boolean).join(", ")}
                    </p>
                  </div>
                  {site.closed_at ? (
                    <Tag>{w.closed(f.shortDate(site.closed_at))}</Tag>
                  ) : (
                    <div class="row">
                      <Button size="s" tone="quiet" icon="pencil" aria-label={w.change_of(site.name)} onClick={() => setOpened({ what: "site", site })}>
                        {w.change}
                      </Button>
                      <Button size="s" tone="quiet" aria-label={`${w.site_close}, ${site.name}`} onClick={() => setOpened({ what: "site_close", site })}>
                        {w.site_close}
                      </Button>
                    </div>
                  )}
                </li>
              ))}
            </ul>
            {!s.closed_at && (
              <div>
                <Button icon="plus" onClick={() => setOpened({ what: "add" })}>
                  {w.site_add}
                </Button>
              </div>
            )}
          </Card>
        </div>
      </div>
      {opened?.what === "change" && (
        <PlaceDialog title={w.change_of(s.name)} kind="structure" from={s} onClose={() => setOpened(null)} send={(fields) => platform.change(id, fields)} onDone={done(t.app.saved)} />
      )}
      {opened?.what === "add" && (
        <PlaceDialog title={w.site_add} kind="site" from={{ city: s.city, postal_code: s.postal_code }} onClose={() => setOpened(null)} send={(fields, key) => platform.addSite(id, fields, key)} onDone={done(w.site_added)} />
      )}
      {opened?.what === "site" && (
        <PlaceDialog title={w.change_of(opened.site.name)} kind="site" from={opened.site} onClose={() => setOpened(null)} send={(fields) => platform.changeSite(id, opened.site.id, fields)} onDone={done(t.app.saved)} />
      )}
      {opened?.what === "site_close" && (
        <Confirm title={`${w.site_close}, ${opened.site.name}`} words={w.site_close_text} label={w.site_close} onClose={() => setOpened(null)} send={() => platform.changeSite(id, opened.site.id, { closed: true })} onDone={done(w.site_closed)} />
      )}
      {opened?.what === "close" && (
        <Confirm title={w.close} words={w.close_text} label={w.close} onClose={() => setOpened(null)} send={() => platform.close(id)} onDone={done(w.close_done)} />
      )}
      {opened?.what === "manager" && <InviteDialog structure={id} manager onClose={() => setOpened(null)} onDone={() => setOpened(null)} />}
    </>
  );
}

interface ConfirmProps {
  title: string;
  words: string;
  label: string;
  onClose: () => void;
  send: () => Promise<StructureWhole>;
  onDone: (structure: StructureWhole) => void;
}

function Confirm({ title, words, label, onClose, send, onDone }: ConfirmProps) {
  const t = text();
  const action = useAction();
  const open = action.error instanceof Problem ? Number(action.error.body.open_acts) : NaN;
  const go = async () => {
    const changed = await action.run("go", send);
    if (changed) onDone(changed);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{words}</p>
      {open > 0 ? <Notice tone="bad">{t.platform.close_open(open)}</Notice> : <Failure error={action.error} />}
      <DialogActions>
        <Button tone="quiet" onClick={onClose}>
          {t.app.cancel}
        </Button>
        <Button tone="danger" busy={action.running !== null} onClick={() => void go()}>
          {label}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
