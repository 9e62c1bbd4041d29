// The report and the prescription, by a safe link and a code.
import { useState } from "preact/hooks";
import { delivery as api } from "../../api/calls.ts";
import type { Delivery } from "../../api/types.ts";
import { useTitle } from "../../app/hooks.ts";
import { LinkButton } from "../../components/Button.tsx";
import { Icon } from "../../components/Icon.tsx";
import { format, text } from "../../text/index.ts";
import { CodeStep } from "../visit/CodeStep.tsx";
import { VisitFrame } from "../visit/VisitFrame.tsx";
import "../visit/VisitPage.css";

export function DocumentsPage() {
  const t = text();
  const d = t.documents;
  const f = format();
  const [token] = useState(() => {
    const token = decodeURIComponent(location.hash.slice(1));
    if (token) history.replaceState(history.state, "", location.pathname);
    return token;
  });
  const [delivery, setDelivery] = useState<Delivery | null>(null);
  useTitle(d.title);
  if (!token) {
    return (
      <VisitFrame icon="link">
        <h1 tabIndex={-1}>{t.visit.no_link_title}</h1>
        <p class="visit-lead">{t.visit.no_link}</p>
      </VisitFrame>
    );
  }
  if (!delivery) {
    const expired = { title: d.expired_title, text: d.expired_text };
    return <CodeStep token={token} api={api} words={{ expired, ended: expired }} onDone={setDelivery} />;
  }
  return (
    <VisitFrame icon="file">
      <h1 tabIndex={-1}>{d.title}</h1>
      <p class="visit-lead">{d.lead(delivery.professional, f.dayOf(delivery.date))}</p>
      <p class="soft">{delivery.structure}</p>
      {delivery.documents.length === 0 && <p>{d.none}</p>}
      <ul class="delivery">
        {delivery.documents.map((doc) => (
          <li key={doc.id}>
            <span class="grow">
              <strong>{t.act.document_kinds[doc.kind]}</strong>
              <span class="soft">
                {doc.name}, {f.size(doc.size)}
              </span>
            </span>
            <LinkButton
              tone="primary"
              size="l"
              icon="download"
              href={api.documentUrl(doc.id)}
              download={doc.name}
              aria-label={`${d.download} ${doc.name}`}
            >
              {d.download}
            </LinkButton>
          </li>
        ))}
      </ul>
      <p class="visit-line">
        <Icon name="clock" /> {d.keep}
      </p>
      <p class="visit-line">
        <Icon name="shield" /> {d.shared}
      </p>
    </VisitFrame>
  );
}
