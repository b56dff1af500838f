import { ApiError } from './api.js';
import { useCallback, useState } from './preact.js';

/** Something that a person asked for, which may take a moment and may fail. */
export interface Task {
  /** Does it, unless the last one is under way. @returns whether it was done */
  run(work: () => Promise<void>): Promise<boolean>;
  readonly busy: boolean;
  /** Why the last one failed, as a sentence. */
  readonly error: string | undefined;
}

/** @param ended called where the session is over: nothing on this page can be done then */
export function useTask(ended: () => void): Task {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>(undefined);
  const run = useCallback(
    async (work: () => Promise<void>) => {
      if (busy) return false;
      setBusy(true);
      setError(undefined);
      try {
        await work();
        return true;
      } catch (failure) {
        if (failure instanceof ApiError && failure.code === 'unauthorized') ended();
        else setError(failure instanceof Error ? failure.message : String(failure));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [busy, ended],
  );
  return { run, busy, error };
}
