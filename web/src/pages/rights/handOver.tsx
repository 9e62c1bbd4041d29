// Everything held of a patient as one compressed folder: a page to read, the same for a program, and
// the files. It is put together here, so that the server never holds all of it at once.
import { strToU8, type Zippable, zipSync } from "fflate";
import { render } from "preact";
import { type PatientExport, rights } from "../../api/rights.ts";
import type { ActDocument } from "../../api/types.ts";
import { patientName } from "../../components/patientName.ts";
import { fileStamp } from "../../text/format.ts";
import { language, text } from "../../text/index.ts";
import { Dossier, dossierStyle } from "./Dossier.tsx";

export const MOST_BYTES = 500e6;

export interface Filed {
  act: string;
  document: ActDocument;
  path: string;
}

/** Each file's place in the folder: by day, its own name, and none twice. */
export function filesOf(data: Pick<PatientExport, "acts">): Filed[] {
  const taken = new Set<string>();
  return data.acts.flatMap((act) =>
    act.documents.map((document) => {
      const name = document.name.replace(/[\u0000-\u001f<>:"/\\|?*]+/g, "_").replace(/^\.+/, "_") || "document";
      const [, stem = name, end = ""] = /^(.*?)(\.[A-Za-z0-9]{1,5})?$/.exec(name) ?? [];
      const base = `documents/${act.starts_at.slice(0, 10)} ${stem}`;
      let path = base + end;
      for (let n = 2; taken.has(path.toLowerCase()); n += 1) path = `${base} (${n})${end}`;
      taken.add(path.toLowerCase());
      return { act: act.id, document, path };
    }),
  );
}

export function readable(data: PatientExport, files: Filed[]): string {
  const page = document.implementation.createHTMLDocument(text().rights.file.title(patientName(data.patient)));
  page.documentElement.lang = language.value;
  const meta = page.createElement("meta");
  meta.setAttribute("charset", "utf-8");
  page.head.prepend(meta);
  render(<Dossier data={data} files={files} />, page.body);
  // As text: this page's own policy forbids a style element, in a document made by it too.
  return `<!doctype html>\n${page.documentElement.outerHTML.replace("</head>", `<style>${dossierStyle}</style></head>`)}\n`;
}

async function read(file: Filed): Promise<Uint8Array> {
  const answer = await fetch(`/api/acts/${encodeURIComponent(file.act)}/documents/${encodeURIComponent(file.document.id)}`, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${file.path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** Null when the files are more than a page can hold. */
export async function handOver(patient: string, tell: (done: number, all: number) => void): Promise<File | null> {
  const data = await rights.export(patient);
  const files = filesOf(data);
  if (files.reduce((sum, f) => sum + f.document.size, 0) > MOST_BYTES) return null;
  const name = text().rights.file.name;
  const folder: Zippable = {
    [`${name}.html`]: strToU8(readable(data, files)),
    [`${name}.json`]: strToU8(`${JSON.stringify(data, null, 1)}\n`),
  };
  for (const [i, file] of files.entries()) {
    tell(i + 1, files.length);
    folder[file.path] = [await read(file), { level: 0 }]; // PDF and photos are compressed already
  }
  return new File([zipSync(folder)], `teleloire-${fileStamp(Date.now())}.zip`, { type: "application/zip" });
}

export function save(file: File): void {
  const url = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: url, download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
