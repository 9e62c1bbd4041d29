// Labelled inputs with a hint and an error that screen readers hear.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { text } from "../text/index.ts";
import { Icon } from "./Icon.tsx";
import "./Field.css";

interface Base {
  label: string;
  hint?: string;
  error?: string | null;
  optional?: boolean;
  class?: string;
}

export function Frame({
  id,
  label,
  hideLabel,
  hint,
  error,
  optional,
  children,
  class: extra,
}: Base & { id: string; hideLabel?: boolean; children: ComponentChildren }) {
  return (
    <div class={`field ${error ? "field-wrong" : ""} ${extra ?? ""}`}>
      <label for={id} class={hideLabel ? "visually-hidden" : ""}>
        {label}
        {optional && <span class="field-optional"> ({text().app.optional})</span>}
      </label>
      {children}
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="alert" size={18} /> {error}
        </p>
      )}
    </div>
  );
}

export function described(id: string, hint?: string, error?: string | null): string | undefined {
  return [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
}

type InputProps = Base & {
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "search" | "email" | "tel" | "password";
  name?: string;
  placeholder?: string;
  required?: boolean;
  maxLength?: number;
  inputMode?: "numeric" | "text";
  autocomplete?: string;
  autocapitalize?: string;
  spellcheck?: boolean;
};

export function TextField({ label, hint, error, optional, class: extra, value, onValue, type = "text", ...rest }: InputProps) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, optional, class: extra }}>
      <input
        id={id}
        type={type as "text"}
        {...(rest as object)}
        value={value}
        aria-invalid={error ? "true" : undefined}
        aria-describedby={described(id, hint, error)}
        onInput={(e) => onValue(e.currentTarget.value)}
      />
    </Frame>
  );
}

type AreaProps = Base & { value: string; onValue: (value: string) => void; rows?: number; maxLength?: number };

export function TextArea({ label, hint, error, optional, class: extra, value, onValue, rows = 4, maxLength }: AreaProps) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, optional, class: extra }}>
      <textarea
        id={id}
        rows={rows}
        maxLength={maxLength}
        value={value}
        aria-invalid={error ? "true" : undefined}
        aria-describedby={described(id, hint, error)}
        onInput={(e) => onValue(e.currentTarget.value)}
      />
    </Frame>
  );
}

type SelectProps = Base & {
  value: string;
  onValue: (value: string) => void;
  options: { value: string; label: string }[];
};

export function SelectField({ label, hint, error, optional, class: extra, value, onValue, options }: SelectProps) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, optional, class: extra }}>
      <span class="select">
        <select
          id={id}
          value={value}
          aria-invalid={error ? "true" : undefined}
          aria-describedby={described(id, hint, error)}
          onChange={(e) => onValue(e.currentTarget.value)}
        >
          {options.map((o) => (
            <option key={o.value} value={o.value} selected={o.value === value}>
              {o.label}
            </option>
          ))}
        </select>
        <Icon name="down" size={18} />
      </span>
    </Frame>
  );
}

interface CheckProps {
  label: ComponentChildren;
  hint?: string;
  checked: boolean;
  onChecked: (checked: boolean) => void;
  disabled?: boolean;
  error?: string | null;
}

export function CheckField({ label, hint, checked, onChecked, disabled, error }: CheckProps) {
  const id = useId();
  return (
    <div class={`check ${error ? "field-wrong" : ""}`}>
      <label for={id}>
        <input
          id={id}
          type="checkbox"
          checked={checked}
          disabled={disabled}
          aria-invalid={error ? "true" : undefined}
          aria-describedby={described(id, hint, error)}
          onChange={(e) => onChecked(e.currentTarget.checked)}
        />
        <span>{label}</span>
      </label>
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="alert" size={18} /> {error}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  value: T;
  onValue: (value: T) => void;
  options: { value: T; label: string; hint?: string }[];
  look?: "cards" | "chips";
  hideLegend?: boolean;
  error?: string | null;
}

export function Choice<T extends string>({ legend, value, onValue, options, look = "chips", hideLegend, error }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset class={`choice choice-${look}`} aria-describedby={error ? `${name}-error` : undefined}>
      <legend class={hideLegend ? "visually-hidden" : ""}>{legend}</legend>
      <div class="choice-options">
        {options.map((o) => (
          <label key={o.value} class="choice-option">
            <input
              type="radio"
              name={name}
              value={o.value}
              checked={o.value === value}
              aria-invalid={error ? "true" : undefined}
              onChange={() => onValue(o.value)}
            />
            <span class="choice-face">
              <span class="choice-label">{o.label}</span>
              {o.hint && <span class="choice-hint">{o.hint}</span>}
            </span>
          </label>
        ))}
      </div>
      {error && (
        <p class="field-error" id={`${name}-error`}>
          <Icon name="alert" size={18} /> {error}
        </p>
      )}
    </fieldset>
  );
}
