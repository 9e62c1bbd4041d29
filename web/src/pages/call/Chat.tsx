// Messages of the call; they live with the session and die with it.
import { useEffect, useRef, useState } from "preact/hooks";
import type { CallSession } from "../../call/session.ts";
import { IconButton } from "../../components/Button.tsx";
import { format, text } from "../../text/index.ts";
import "./Panel.css";

const MOST = 2000;

export function Chat({ call, onClose }: { call: CallSession; onClose: () => void }) {
  const t = text().call;
  const f = format();
  const [typed, setTyped] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const lines = call.chat.value;
  const me = call.you.value?.participant;
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [lines.length]);
  const send = (event: Event) => {
    event.preventDefault();
    const words = typed.trim();
    if (words && call.write(words)) setTyped("");
  };
  return (
    <aside class="panel" aria-label={t.chat}>
      <div class="panel-head">
        <h2>{t.chat}</h2>
        <IconButton icon="cross" label={t.close_panel} onClick={onClose} />
      </div>
      <div class="chat" ref={list} role="log" aria-label={t.chat} tabIndex={0}>
        {lines.length === 0 && <p class="soft">{t.chat_empty}</p>}
        {lines.map((line, i) => (
          <div key={i} class={line.from === me ? "chat-line chat-mine" : "chat-line"}>
            <p class="soft small">
              {line.from === me ? t.you : line.name}, <time dateTime={line.at}>{f.time(line.at)}</time>
            </p>
            <p class="chat-text">{line.text}</p>
          </div>
        ))}
      </div>
      <form class="chat-write" onSubmit={send}>
        <input
          aria-label={t.chat_write}
          placeholder={t.chat_write}
          value={typed}
          maxLength={MOST}
          autocomplete="off"
          onInput={(e) => setTyped(e.currentTarget.value)}
        />
        <IconButton icon="send" label={t.chat_send} tone="primary" type="submit" />
      </form>
    </aside>
  );
}
