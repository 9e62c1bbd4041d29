// One way to talk to the server: JSON in and out, problems as exceptions,
// the CSRF token of the right visitor, and the same key sent again when the
// server says nothing was recorded.
import { signal } from "@preact/signals";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null,
    readonly body: Record<string, unknown>,
  ) {
    super(message);
  }
}

export type Visitor = "professional" | "visit" | "delivery";

const csrf: Record<Visitor, string> = { professional: "", visit: "", delivery: "" };
let acceptLanguage = "fr";
let whenSignedOut: () => void = () => {};
let whenStepUp: (wanted: StepUp) => Promise<boolean> = () => Promise.resolve(false);
let whenVisitLost: () => void = () => {};

/** Requests on their way; the thin bar at the top shows when one lasts. */
export const busy = signal(0);

export function setCsrf(visitor: Visitor, token: string): void {
  csrf[visitor] = token;
}

export function setAcceptLanguage(language: string): void {
  acceptLanguage = language;
}

export function onSignedOut(act: () => void): void {
  whenSignedOut = act;
}

/** What the server wants before it goes on: a second factor given within so many minutes. */
export interface StepUp {
  minutes: number;
  enrolled: boolean;
  demo_code?: string;
}

/** Asks for the code; resolves with whether it was given. The call is then made again as it was. */
export function onStepUp(ask: (wanted: StepUp) => Promise<boolean>): void {
  whenStepUp = ask;
}

/** A visit that had begun here is no longer known: it goes on elsewhere, or it is over. */
export function onVisitLost(act: () => void): void {
  whenVisitLost = act;
}

export interface Options {
  body?: unknown;
  file?: Blob;
  /** The file's name: it may be a patient's, so no address shows it. */
  fileName?: string;
  /** A key makes the call safe to send again. */
  key?: string;
  visitor?: Visitor;
  /** Do not treat 401 as the end of the session (sign-in, codes). */
  quiet?: boolean;
  signal?: AbortSignal;
}

const RETRIES = 3;

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  try {
    return await patiently<T>(method, path, options);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "step_up_needed") throw error;
    if (!(await whenStepUp(error.body as unknown as StepUp))) throw error;
    return patiently<T>(method, path, options);
  }
}

async function patiently<T>(method: string, path: string, options: Options): Promise<T> {
  busy.value += 1;
  try {
    for (let attempt = 0; ; attempt += 1) {
      const last = !options.key || attempt === RETRIES;
      try {
        return await once<T>(method, path, options);
      } catch (error) {
        if (last || !mayRetry(error)) throw error;
        await pause(retryDelayMs(error, attempt));
      }
    }
  } finally {
    busy.value -= 1;
  }
}

function mayRetry(error: unknown): boolean {
  return error instanceof Problem && (error.status === 503 || error.code === "network");
}

function retryDelayMs(error: unknown, attempt: number): number {
  const said = error instanceof Problem ? Number(error.body.retry_after_s) : NaN;
  return Number.isFinite(said) ? Math.min(said, 10) * 1000 : 500 * 2 ** attempt;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

async function once<T>(method: string, path: string, options: Options): Promise<T> {
  const visitor = options.visitor ?? "professional";
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": acceptLanguage };
  let body: BodyInit | undefined;
  if (options.file) {
    headers["Content-Type"] = options.file.type || "application/octet-stream";
    if (options.fileName) headers["X-Teleloire-Name"] = encodeURIComponent(options.fileName.slice(0, 120));
    body = options.file;
  } else if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(options.body);
  }
  if (method !== "GET" && csrf[visitor]) headers["X-Teleloire-CSRF"] = csrf[visitor];
  if (options.key) headers["Idempotency-Key"] = options.key;

  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body ?? null,
      credentials: "same-origin",
      cache: "no-store",
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "network", "", null, {});
  }
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  const read = readObject(text);
  if (answer.ok) return read as T;

  const retry = answer.headers.get("Retry-After");
  if (retry) read.retry_after_s = Number(retry);
  const type = typeof read.type === "string" ? read.type : "";
  const code = type.slice(type.lastIndexOf("/") + 1) || `http_${answer.status}`;
  const message = [read.detail, read.title].find((v) => typeof v === "string" && v !== "") as string | undefined;
  if (answer.status === 401 && visitor === "professional" && !options.quiet) whenSignedOut();
  if (code === "not_signed_in" && visitor === "visit" && csrf.visit) {
    csrf.visit = "";
    whenVisitLost();
  }
  throw new Problem(answer.status, code, message ?? "", typeof read.field === "string" ? read.field : null, read);
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function newKey(): string {
  return crypto.randomUUID();
}
