// Keeps a phone's screen from locking: a locked phone stops its camera.
import { useEffect } from "preact/hooks";

export function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let gone = false;
    const ask = async () => {
      if (document.visibilityState !== "visible" || gone) return;
      try {
        lock = (await navigator.wakeLock?.request("screen")) ?? null;
        if (gone) await lock?.release();
      } catch {
        // Refused on low battery: the call goes on until the screen locks.
      }
    };
    const seen = () => void ask();
    void ask();
    document.addEventListener("visibilitychange", seen);
    return () => {
      gone = true;
      document.removeEventListener("visibilitychange", seen);
      void lock?.release().catch(() => {});
    };
  }, []);
}
