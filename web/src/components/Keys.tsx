// The help behind "?".
import { text } from "../text/index.ts";
import { Dialog } from "./Dialog.tsx";
import "./Keys.css";

export function Keys({ onClose }: { onClose: () => void }) {
  const t = text().keys;
  const groups: [string, [string, string][]][] = [
    [
      t.everywhere,
      [
        ["N", t.create],
        ["/", t.search],
        ["J", t.day],
        ["R", t.acts],
        ["?", t.help],
        ["Esc", t.escape],
      ],
    ],
    [
      t.in_call,
      [
        ["M", t.microphone],
        ["C", t.camera],
        ["D", t.chat],
        ["E", t.screen],
        ["F", t.full],
      ],
    ],
  ];
  return (
    <Dialog title={t.title} onClose={onClose}>
      <div class="keys">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
