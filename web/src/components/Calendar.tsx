// One month, Monday first. Arrows move a day or a week, Page keys a month, Escape closes.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { addDays, formats, today } from "../text/format.ts";
import { language, text } from "../text/index.ts";
import { IconButton } from "./Button.tsx";
import { addMonths, weeksOf } from "./entry.ts";

interface Props {
  label: string;
  value: string;
  min?: string;
  max?: string;
  onChoose: (date: string) => void;
  onClose: () => void;
}

export function Calendar({ label, value, min, max, onChoose, onClose }: Props) {
  const t = text().date;
  const f = formats(language.value);
  const root = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(value);
  const [moved, setMoved] = useState(true);
  const month = at.slice(0, 7);
  const weeks = weeksOf(month);
  const allowed = (date: string) => (!min || date >= min) && (!max || date <= max);

  // Before the next key: who types fast must not choose the day they came from.
  useLayoutEffect(() => {
    if (moved) root.current?.querySelector<HTMLElement>(`[data-date="${at}"]`)?.focus();
  }, [at, moved]);
  useEffect(() => {
    const away = (e: Event) => !root.current?.parentElement?.contains(e.target as Node) && onClose();
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, []);

  const key = (e: KeyboardEvent) => {
    if (e.key === "Escape") {
      e.preventDefault();
      e.stopPropagation();
      root.current?.parentElement?.querySelector<HTMLElement>("button[aria-haspopup]")?.focus();
      return onClose();
    }
    if (!(e.target as HTMLElement).dataset.date) return;
    const steps: Record<string, (from: string) => string> = {
      ArrowLeft: (from) => addDays(from, -1),
      ArrowRight: (from) => addDays(from, 1),
      ArrowUp: (from) => addDays(from, -7),
      ArrowDown: (from) => addDays(from, 7),
      PageUp: (from) => addMonths(from, -1),
      PageDown: (from) => addMonths(from, 1),
    };
    const step = steps[e.key];
    if (!step) return;
    e.preventDefault();
    setMoved(true);
    setAt(step);
  };
  const turn = (months: number) => {
    setMoved(false);
    setAt(addMonths(at, months));
  };
  return (
    <div class="calendar" role="dialog" aria-label={t.open(label)} ref={root} onKeyDown={key}>
      <div class="calendar-head">
        <IconButton icon="left" label={t.month_before} onClick={() => turn(-1)} />
        <p aria-live="polite">{f.month(`${month}-01`)}</p>
        <IconButton icon="right" label={t.month_after} onClick={() => turn(1)} />
      </div>
      <table>
        <thead>
          <tr>
            {weeks[0]?.map((date) => (
              <th key={date} scope="col" abbr={f.weekday(date, "long")}>
                {f.weekday(date, "short")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]}>
              {week.map((date) => (
                <td key={date}>
                  <button
                    type="button"
                    data-date={date}
                    class={date.slice(0, 7) === month ? "" : "calendar-other"}
                    tabIndex={date === at ? 0 : -1}
                    disabled={!allowed(date)}
                    aria-pressed={date === value}
                    aria-current={date === today() ? "date" : undefined}
                    aria-label={f.fullDay(date)}
                    onClick={() => onChoose(date)}
                  >
                    {Number(date.slice(8))}
                  </button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
