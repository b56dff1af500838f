// This file calls the server again and again while the page is visible.
import { useEffect, useRef } from './preact.js';

/**
 * Calls `ask` now, and again `everyMs` after each call is done, while the page is visible.
 * @param key calls again at once when it changes
 */
export function usePolling(ask: (signal: AbortSignal) => Promise<void>, everyMs: number, key: unknown): void {
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;
    const turn = async () => {
      clearTimeout(timer);
      if (asking || document.hidden || signal.aborted) return;
      asking = true;
      await latest.current(signal);
      asking = false;
      if (!signal.aborted) timer = setTimeout(turn, everyMs);
    };
    document.addEventListener('visibilitychange', turn, { signal });
    void turn();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [everyMs, key]);
}
