import * as api from './api.js';
import { usePolling } from './polling.js';
import { html, useState } from './preact.js';
import { useTask } from './task.js';
import type { PairingToken } from './wire.js';

/** How old what is shown may be, in ms: while somebody waits for a device, and otherwise. */
const WAITING_MS = 2_000;
const IDLE_MS = 10_000;

/** The pairing codes of who is signed in. @param waiting somebody waits for one to be used @param key asks anew when it changes */
export function useCodes(waiting: boolean, key: string): readonly PairingToken[] {
  const [codes, setCodes] = useState<readonly PairingToken[]>([]);
  usePolling(
    async (signal) => {
      try {
        const { items } = await api.listPairingCodes();
        if (!signal.aborted) setCodes(items);
      } catch {
        // The list of devices, which is asked for as often, says what is wrong.
      }
    },
    waiting ? WAITING_MS : IDLE_MS,
    key,
  );
  return codes;
}

interface LiveCodesProps {
  readonly codes: readonly PairingToken[];
  /** See {@link useTask}. */
  readonly fresh: unknown;
  readonly changed: () => void;
  readonly ended: () => void;
}

/** Codes that may be used, such as those of another tab or of a script. */
export function LiveCodes({ codes, fresh, changed, ended }: LiveCodesProps) {
  const { run, busy, error } = useTask(ended, fresh);
  if (codes.length === 0) return '';
  const revoke = async (tokenId: string) => {
    if (await run(() => api.revokePairingCode(tokenId))) changed();
  };
  return html`<h3 id="codes">Other codes that may be used</h3>
    ${error === undefined ? '' : html`<p class="error" role="alert">${error}</p>`}
    <ul class="codes" aria-labelledby="codes">
      ${codes.map(
        (code) => html`<li key=${code.tokenId}><span>${describe(code)}</span>
        <button type="button" class="quiet small" disabled=${busy} aria-label=${`Revoke: ${describe(code)}`}
          onClick=${() => revoke(code.tokenId)}>Revoke</button></li>`,
      )}
    </ul>`;
}

/** `Gate, for 3 more devices, until 14:05`. */
function describe({ name = 'A code', uses, used, expiresAt }: PairingToken): string {
  const left = uses - used;
  const many = left === 1 ? '' : `, for ${left} more devices`;
  const until = new Date(expiresAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return `${name}${many}, until ${until}`;
}
