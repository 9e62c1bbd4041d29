// A date and an hour typed as people write them, in the page's language whatever the browser's. A
// calendar behind one button for who would rather choose.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { addDays, formats, today } from "../text/format.ts";
import { language, text } from "../text/index.ts";
import { IconButton } from "./Button.tsx";
import { Calendar } from "./Calendar.tsx";
import { hasDateShape, readDate } from "./Contact.ts";
import { readTime, stepTime } from "./entry.ts";
import { described, Frame } from "./Field.tsx";
import "./DateField.css";

interface DateProps {
  label: string;
  hideLabel?: boolean;
  /** 2026-11-23, or nothing. */
  value: string;
  /** Told a whole date that exists, or "" while there is none. */
  onValue: (date: string) => void;
  min?: string;
  max?: string;
  error?: string | null;
  required?: boolean;
}

export function DateField({ label, hideLabel, value, onValue, min, max, error, required }: DateProps) {
  const id = useId();
  const t = text().date;
  const f = formats(language.value);
  const root = useRef<HTMLSpanElement>(null);
  const [typed, setTyped] = useState(value ? f.civil(value) : "");
  const [open, setOpen] = useState(false);
  const [left, setLeft] = useState(false);
  useEffect(() => {
    // Changed from outside, not by what stands in the field.
    if (value && readDate(typed) !== value) setTyped(f.civil(value));
    else if (!value && readDate(typed)) setTyped("");
  }, [value]);

  const read = (entry: string) => {
    const date = readDate(entry);
    return date && (!min || date >= min) && (!max || date <= max) ? date : "";
  };
  const enter = (entry: string) => {
    setTyped(entry);
    setLeft(false);
    const date = read(entry);
    if (date !== value) onValue(date);
  };
  const choose = (date: string) => {
    setOpen(false);
    enter(f.civil(date));
    root.current?.querySelector("input")?.focus();
  };
  const known = readDate(typed);
  const wrong =
    left && typed.trim()
      ? !known
        ? hasDateShape(typed)
          ? t.no_day
          : t.bad
        : min && known < min
          ? t.too_early(f.civil(min))
          : max && known > max
            ? t.too_late(f.civil(max))
            : null
      : null;
  const said = error ?? wrong;
  return (
    <Frame id={id} label={label} hideLabel={hideLabel} error={said}>
      <span class="date" ref={root}>
        <input
          id={id}
          type="text"
          inputMode="numeric"
          autocomplete="off"
          placeholder={t.shape}
          value={typed}
          required={required}
          aria-invalid={said ? "true" : undefined}
          aria-describedby={described(id, undefined, said)}
          onInput={(e) => enter(e.currentTarget.value)}
          onBlur={() => {
            setLeft(true);
            if (known) setTyped(f.civil(known));
          }}
          onKeyDown={(e) => {
            if (e.key !== "ArrowUp" && e.key !== "ArrowDown") return;
            e.preventDefault();
            const next = addDays(known ?? today(), e.key === "ArrowUp" ? 1 : -1);
            if (read(next)) enter(f.civil(next));
          }}
        />
        <IconButton icon="calendar" label={t.open(label)} aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(!open)} />
        {open && <Calendar label={label} value={read(typed) || today()} min={min} max={max} onChoose={choose} onClose={() => setOpen(false)} />}
      </span>
    </Frame>
  );
}

interface TimeProps {
  label: string;
  /** 14:30, or nothing. */
  value: string;
  /** Told an hour that exists, or "" while there is none. */
  onValue: (time: string) => void;
  error?: string | null;
  required?: boolean;
}

export function TimeField({ label, value, onValue, error, required }: TimeProps) {
  const id = useId();
  const t = text().date;
  const [typed, setTyped] = useState(value);
  const [left, setLeft] = useState(false);
  const known = readTime(typed);
  const enter = (entry: string) => {
    setTyped(entry);
    setLeft(false);
    const time = readTime(entry) ?? "";
    if (time !== value) onValue(time);
  };
  const wrong = left && typed.trim() && !known ? t.bad_time : null;
  const said = error ?? wrong;
  return (
    <Frame id={id} label={label} error={said}>
      <input
        id={id}
        type="text"
        autocomplete="off"
        placeholder={t.shape_time}
        value={typed}
        required={required}
        aria-invalid={said ? "true" : undefined}
        aria-describedby={described(id, undefined, said)}
        onInput={(e) => enter(e.currentTarget.value)}
        onBlur={() => {
          setLeft(true);
          if (known) setTyped(known);
        }}
        onKeyDown={(e) => {
          if (e.key !== "ArrowUp" && e.key !== "ArrowDown") return;
          e.preventDefault();
          enter(stepTime(known ?? "08:00", e.key === "ArrowUp" ? 5 : -5));
        }}
      />
    </Frame>
  );
}
