// The day page's own socket: any notice means "read the day again".
import { acts } from "../../api/calls.ts";
import { clientName, openSocket } from "../../call/browser.ts";
import { Signalling } from "../../call/signalling.ts";
import { language } from "../../text/index.ts";

const GATHER_MS = 150;
const FALLBACK_MS = 30_000;

export function watchDay(onChange: () => void, onLive: (live: boolean) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let first = true;
  let stopped = false;
  // Several notices of one act arrive together: one reading answers them all.
  const soon = () => {
    if (timer || stopped) return;
    timer = setTimeout(() => {
      timer = null;
      onChange();
    }, GATHER_MS);
  };
  const make = () =>
    new Signalling({
      open: openSocket,
      ticket: async () => (await acts.watch()).ticket,
      language: language.value,
      client: clientName(),
      onMessage: (message) => {
        if (message.type === "notice") soon();
        if (message.type === "welcome") {
          onLive(true);
          if (!first) soon();
          first = false;
        }
      },
      onState: (state) => {
        if (state.state === "lost" || state.state === "closed") onLive(false);
        // Signed out elsewhere, or everywhere: the server says so to who asks, and the page goes to the sign-in.
        if (state.state === "closed" && state.why === "signed_out") onChange();
      },
    });
  const signalling = make();
  signalling.start();
  // Whatever happens to the socket, the page is never older than this.
  const fallback = setInterval(soon, FALLBACK_MS);
  const back = () => {
    soon();
    signalling.hurry();
  };
  const seen = () => document.visibilityState === "visible" && back();
  window.addEventListener("online", back);
  document.addEventListener("visibilitychange", seen);
  return () => {
    stopped = true;
    if (timer) clearTimeout(timer);
    clearInterval(fallback);
    window.removeEventListener("online", back);
    document.removeEventListener("visibilitychange", seen);
    signalling.stop();
  };
}
