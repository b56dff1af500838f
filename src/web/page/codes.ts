// This file lists the pairing codes that may be used, and revokes them.
import * as api from './api.js';
import { usePolling } from './polling.js';
import { html, useState } from './preact.js';
import { useTask } from './task.js';
import type { PairingTokenItem } from './wire.js';

/** How often the page fetches the codes, in ms, while a code of this page waits for its device. */
const WAITING_MS = 2_000;
/** How often the page fetches the codes at other times, in ms. */
const IDLE_MS = 10_000;

/**
 * Keeps the pairing codes of the user up to date.
 * @param waiting whether a code of this page waits for its device
 * @param key fetches again when it changes
 */
export function useCodes(waiting: boolean, key: string): readonly PairingTokenItem[] {
  const [codes, setCodes] = useState<readonly PairingTokenItem[]>([]);
  usePolling(
    async (signal) => {
      try {
        const { items } = await api.fetchPairingCodes();
        if (!signal.aborted) setCodes(items);
      } catch {
        // The list of devices, which is fetched as often, shows the failure.
      }
    },
    waiting ? WAITING_MS : IDLE_MS,
    key,
  );
  return codes;
}

interface LiveCodesProps {
  readonly codes: readonly PairingTokenItem[];
  /** The `fresh` of {@link useTask}. */
  readonly fresh: unknown;
  readonly changed: () => void;
  readonly ended: () => void;
}

/** Shows the codes that may be used, also those of another tab or of a script. */
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

/** Describes a code in words: `Gate, for 3 more devices, until 14:05`. */
function describe({ name = 'A code', uses, used, expiresAt }: PairingTokenItem): string {
  const left = uses - used;
  const many = left === 1 ? '' : `, for ${left} more devices`;
  const until = new Date(expiresAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return `${name}${many}, until ${until}`;
}
