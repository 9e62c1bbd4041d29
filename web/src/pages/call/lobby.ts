// In front of the room: what a click on "enter" will need is made ready, and made again when
// somebody is there and it is gone. Nobody is told before the click, and nothing is recorded.
import { useEffect } from "preact/hooks";
import { session } from "../../api/calls.ts";
import type { CallSession } from "../../call/session.ts";

/** Less than what the server keeps a silent HTTPS connection for (30 s): the ticket asked for at the
    click then costs one way there and back, not four. */
const WARM_MS = 20_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "focusin", "visibilitychange"] as const;

/** `call`: the one a click will start; null once it has. */
export function useLobby(call: CallSession | null): void {
  useEffect(() => {
    if (!call) return;
    let warm = performance.now();
    const here = () => {
      if (document.hidden) return;
      call.prepare();
      if (performance.now() - warm < WARM_MS) return;
      warm = performance.now();
      void session.about().catch(() => {});
    };
    here();
    for (const sign of SIGNS) document.addEventListener(sign, here, { passive: true });
    return () => {
      for (const sign of SIGNS) document.removeEventListener(sign, here);
    };
  }, [call]);
}
