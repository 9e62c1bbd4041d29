// The few hooks every page shares.
import { useEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { Problem } from "../api/http.ts";
import { text } from "../text/index.ts";

/** The words of a failure, for people. */
export function explain(error: unknown): string {
  const t = text().problem;
  if (!(error instanceof Problem)) return t.other;
  if (error.code === "network") return t.network;
  if (error.status === 503) return error.message || t.away;
  if (error.message) return error.message;
  if (error.status === 403) return t.forbidden;
  if (error.status === 404) return t.missing;
  if (error.status === 409) return t.conflict;
  if (error.status === 413) return t.too_big;
  if (error.status === 429) return t.limit;
  return t.other;
}

export interface Load<T> {
  value: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
  set: (value: T) => void;
}

/** Loads once per `key`; keeps the last value on screen while it reloads. */
export function useLoad<T>(key: string, get: (signal: AbortSignal) => Promise<T>): Load<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: unknown; loading: boolean }>({
    key,
    loading: true,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState((s) => ({ ...(s.key === key ? s : { key }), error: undefined, loading: true }));
    get(abort.signal).then(
      (value) => !abort.signal.aborted && setState({ key, value, loading: false }),
      (error) => !abort.signal.aborted && setState((s) => ({ ...s, error, loading: false })),
    );
    return () => abort.abort();
  }, [key, round]);
  const same = state.key === key;
  return {
    value: same ? state.value : undefined,
    error: same ? state.error : undefined,
    loading: !same || state.loading,
    reload: () => setRound((n) => n + 1),
    set: (value) => setState({ key, value, loading: false }),
  };
}

/** The present time, as a signal that moves every few seconds. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 5000);

/** Runs one action at a time and keeps its failure. */
export function useAction() {
  const [running, setRunning] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const alive = useRef(true);
  useEffect(() => () => void (alive.current = false), []);
  return {
    running,
    error,
    clear: () => setError(null),
    async run<T>(name: string, act: () => Promise<T>): Promise<T | undefined> {
      if (running) return undefined;
      setRunning(name);
      setError(null);
      try {
        return await act();
      } catch (failure) {
        if (alive.current) setError(failure);
        return undefined;
      } finally {
        if (alive.current) setRunning(null);
      }
    },
  };
}

export function useDebounced<T>(value: T, ms: number): T {
  const [kept, setKept] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setKept(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return kept;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Téléloire` : "Téléloire";
  }, [title]);
}
