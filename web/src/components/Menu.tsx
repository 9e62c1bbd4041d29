// A small menu behind one button: arrows move, Escape closes.
import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "./Button.tsx";
import { Icon, type IconName } from "./Icon.tsx";
import "./Menu.css";

export interface MenuItem {
  label: string;
  icon: IconName;
  act: () => void;
  danger?: boolean;
}

export function Menu({ label, icon = "more", items }: { label: string; icon?: IconName; items: MenuItem[] }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const buttons = () => [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    buttons()[0]?.focus();
    const away = (e: Event) => !root.current?.contains(e.target as Node) && setOpen(false);
    const key = (e: KeyboardEvent) => {
      const list = buttons();
      const at = list.indexOf(document.activeElement as HTMLElement);
      if (e.key === "Escape") {
        setOpen(false);
        root.current?.querySelector("button")?.focus();
      } else if (e.key === "ArrowDown") list[(at + 1) % list.length]?.focus();
      else if (e.key === "ArrowUp") list[(at - 1 + list.length) % list.length]?.focus();
      else if (e.key === "Tab") return setOpen(false);
      else return;
      e.preventDefault();
      e.stopPropagation();
    };
    document.addEventListener("pointerdown", away);
    root.current?.addEventListener("keydown", key);
    const here = root.current;
    return () => {
      document.removeEventListener("pointerdown", away);
      here?.removeEventListener("keydown", key);
    };
  }, [open]);
  if (items.length === 0) return null;
  return (
    <div class="menu" ref={root}>
      <IconButton
        icon={icon}
        label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <div class="menu-list" role="menu" aria-label={label}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={item.danger ? "menu-danger" : ""}
              onClick={() => {
                setOpen(false);
                item.act();
              }}
            >
              <Icon name={item.icon} /> {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
