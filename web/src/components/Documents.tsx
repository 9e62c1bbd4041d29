// The documents of an act: open, remove, add.
import { useRef, useState } from "preact/hooks";
import { acts } from "../api/calls.ts";
import type { ActDocument } from "../api/types.ts";
import { useAction } from "../app/hooks.ts";
import { format, text } from "../text/index.ts";
import { Button, IconButton } from "./Button.tsx";
import { Icon } from "./Icon.tsx";
import { Failure, Notice } from "./Notice.tsx";
import "./Documents.css";

const MOST = 20 * 1024 * 1024;
const TYPES = ["application/pdf", "image/jpeg", "image/png"];

export function DocumentRow({
  document,
  href,
  onRemove,
}: {
  document: ActDocument;
  href?: string;
  onRemove?: () => void;
}) {
  const t = text();
  const f = format();
  const face = (
    <>
      <span class="document-icon">
        <Icon name={document.kind === "photo" ? "photo" : "file"} />
      </span>
      <span class="grow">
        <span class="document-name">{document.name}</span>
        <span class="soft small">
          {t.act.document_kinds[document.kind]}, {f.size(document.size)}, {f.dateTime(document.created_at)}
        </span>
      </span>
    </>
  );
  return (
    <li class="document">
      {href ? (
        <a class="document-link" href={href} target="_blank" rel="noopener">
          {face}
        </a>
      ) : (
        <span class="document-link">{face}</span>
      )}
      {onRemove && <IconButton icon="trash" label={t.act.remove_document(document.name)} onClick={onRemove} />}
    </li>
  );
}

interface UploadProps {
  act: string;
  kind: ActDocument["kind"];
  label: string;
  onDone: (document: ActDocument) => void;
}

export function Upload({ act, kind, label, onDone }: UploadProps) {
  const t = text();
  const input = useRef<HTMLInputElement>(null);
  const action = useAction();
  const [refused, setRefused] = useState<string | null>(null);
  const send = async (file: File | undefined) => {
    setRefused(null);
    if (!file) return;
    if (!TYPES.includes(file.type)) return setRefused(t.closing.bad_file);
    if (file.size > MOST) return setRefused(t.problem.too_big);
    const made = await action.run("upload", () => acts.addDocument(act, kind, file, file.name.slice(0, 120)));
    if (input.current) input.current.value = "";
    if (made) onDone(made);
  };
  return (
    <div class="stack-s">
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        accept={TYPES.join(",")}
        tabIndex={-1}
        aria-label={label}
        onChange={(e) => void send(e.currentTarget.files?.[0])}
      />
      <div class="row">
        <Button icon="plus" busy={action.running !== null} onClick={() => input.current?.click()}>
          {action.running ? t.closing.uploading : label}
        </Button>
        <span class="soft small">{t.act.document_hint}</span>
      </div>
      {refused && <Notice tone="bad">{refused}</Notice>}
      <Failure error={action.error} />
    </div>
  );
}
