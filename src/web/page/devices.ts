// This file lists the devices of the user, and keeps the list up to date.
import { ApiError, fetchDevices } from './api.js';
import { DeviceRow } from './device-row.js';
import { PairingSection } from './pairing.js';
import { usePolling } from './polling.js';
import { html, useRef, useState } from './preact.js';
import type { DeviceItem, Me } from './wire.js';

/** How often the page fetches the list, in ms. */
const EVERY_MS = 2_000;

/** The devices that are shown before the first answer. */
const NONE: readonly DeviceItem[] = [];

/** The part of the list that is shown. */
interface Shown {
  readonly devices: readonly DeviceItem[];
  /** Whether the list has more devices. */
  readonly more: boolean;
}

/** Fetches the first `pages` pages of the list. */
async function read(pages: number): Promise<Shown> {
  const devices: DeviceItem[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pages; page++) {
    const { items, nextCursor } = await fetchDevices(cursor);
    devices.push(...items);
    cursor = nextCursor;
    if (cursor === undefined) break;
  }
  return { devices, more: cursor !== undefined };
}

/** Describes the differences between two states of the list, in sentences for screen readers. */
function changes({ devices: before }: Shown, { devices: after, more }: Shown): string {
  const known = new Map(before.map((device) => [device.deviceId, device]));
  const words = (online: boolean) => (online ? 'online' : 'offline');
  const changed = after.flatMap(({ deviceId, name, online }) => {
    const earlier = known.get(deviceId);
    known.delete(deviceId);
    if (earlier === undefined) return [`${name} is paired and ${words(online)}.`];
    return [
      ...(earlier.name === name ? [] : [`${earlier.name} is now called ${name}.`]),
      ...(earlier.online === online ? [] : [`${name} is ${words(online)}.`]),
    ];
  });
  // A device that is missing on the last page that was fetched may be on the next page.
  const gone = more ? [] : [...known.values()].map(({ name }) => `${name} is unpaired.`);
  return [...changed, ...gone].join(' ');
}

interface DevicesProps {
  readonly cliFlags: Me['cliFlags'];
  /** Is called when the session is over. */
  readonly ended: () => void;
}

/** Shows the part of the page that lists the user's devices, as they are now. */
export function DevicesSection({ cliFlags, ended }: DevicesProps) {
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  const [error, setError] = useState<string | undefined>(undefined);
  const [news, setNews] = useState('');
  const [pages, setPages] = useState(1);
  // A change that is made on this page fetches the list at once.
  const [asked, setAsked] = useState(0);
  const before = useRef<Shown | undefined>(undefined);

  usePolling(
    async (signal) => {
      try {
        const next = await read(pages);
        if (signal.aborted) return;
        const announcement = before.current === undefined ? '' : changes(before.current, next);
        before.current = next;
        if (announcement !== '') setNews(announcement);
        setShown(next);
        setError(undefined);
      } catch (failure) {
        if (signal.aborted) return;
        if (failure instanceof ApiError && failure.code === 'unauthorized') ended();
        else setError(failure instanceof Error ? failure.message : String(failure));
      }
    },
    EVERY_MS,
    `${pages} ${asked}`,
  );

  const changed = () => setAsked((count) => count + 1);
  const showMore = () => {
    // Devices that come into view are not announced as new.
    before.current = undefined;
    setPages(pages + 1);
  };
  const devices = shown?.devices ?? NONE;
  return html`
    <${PairingSection} devices=${devices} ended=${ended} />
    <section aria-labelledby="devices">
      <h2 id="devices">Devices</h2>
      <p class="unseen" role="status" aria-live="polite">${news}</p>
      ${error === undefined ? '' : html`<p class="error" role="alert">${error} What is shown may be old. Trying again …</p>`}
      ${shown === undefined && error === undefined ? html`<p class="fine">One moment …</p>` : ''}
      ${shown !== undefined && devices.length === 0 ? html`<p class="empty">You have no devices. Pair one.</p>` : ''}
      <ul class="devices">
        ${devices.map((device) => html`<${DeviceRow} key=${device.deviceId} device=${device} cliFlags=${cliFlags} changed=${changed} ended=${ended} />`)}
      </ul>
      ${shown?.more ? html`<button type="button" class="quiet" onClick=${showMore}>Show more</button>` : ''}
    </section>`;
}
