// This file shows a new pairing code and its instructions, until a device has used the code.
import * as api from './api.js';
import { LiveCodes, useCodes } from './codes.js';
import { CopyableCommand, isServerLocal, PROGRAM_IN_SOURCES } from './command.js';
import { html, useEffect, useState } from './preact.js';
import { useTask } from './task.js';
import type { DeviceItem } from './wire.js';

interface PairingProps {
  readonly devices: readonly DeviceItem[];
  readonly ended: () => void;
}

/** A code that the page shows. */
interface Offer {
  readonly tokenId: string;
  readonly code: string;
  /** When the code ends, in ms of `performance.now()`: this computer's wall clock may be wrong. */
  readonly endsAt: number;
}

/** How long a code is valid, in seconds. */
const TTL_SECONDS = 600;

/** Shows the part of the page that pairs a device: it gets a code, and gives instructions until a device has used the code. */
export function PairingSection({ devices, ended }: PairingProps) {
  const [offer, setOffer] = useState<Offer | undefined>(undefined);
  const { run, busy, error } = useTask(ended, devices);
  const [pairedId, setPairedId] = useState<string | undefined>(undefined);
  // A change that is made on this page fetches the codes at once.
  const [asked, setAsked] = useState(0);
  const changed = () => setAsked((count) => count + 1);
  const codes = useCodes(offer !== undefined, `${asked} ${devices.at(-1)?.deviceId}`);
  const usedBy = codes.find(({ tokenId }) => tokenId === offer?.tokenId)?.deviceId;
  useEffect(() => {
    if (usedBy === undefined) return;
    setPairedId(usedBy);
    setOffer(undefined);
  }, [usedBy]);
  const paired = devices.find(({ deviceId }) => deviceId === pairedId);
  const pair = () =>
    run(async () => {
      const { tokenId, code } = await api.newPairingCode(TTL_SECONDS);
      setPairedId(undefined);
      setOffer({ tokenId, code, endsAt: performance.now() + TTL_SECONDS * 1000 });
    });
  const cancel = () =>
    run(async () => {
      if (offer !== undefined) await api.revokePairingCode(offer.tokenId);
      setOffer(undefined);
      changed();
    });
  const others = codes.filter(({ tokenId, state }) => state === 'pending' && tokenId !== offer?.tokenId);
  const label = paired === undefined ? 'Pair a device' : 'Pair another device';
  return html`<section aria-labelledby="pairing" class="pairing">
    <h2 id="pairing">Pair a device</h2>
    ${offer === undefined && paired === undefined ? html`<p>A code connects one device to your account.</p>` : ''}
    ${offer === undefined ? '' : html`<${Code} key=${offer.tokenId} offer=${offer} busy=${busy} again=${pair} cancel=${cancel} />`}
    <div role="status">${paired === undefined ? '' : html`<p class="done">${paired.name} is paired.</p>`}</div>
    ${error === undefined ? '' : html`<p class="error" role="alert">${error}</p>`}
    ${offer === undefined ? html`<button type="button" onClick=${pair} disabled=${busy}>${label}</button>` : ''}
    <${LiveCodes} codes=${others} fresh=${devices} changed=${changed} ended=${ended} />
  </section>`;
}

interface CodeProps {
  readonly offer: Offer;
  readonly busy: boolean;
  readonly again: () => void;
  readonly cancel: () => void;
}

function Code({ offer: { code, endsAt }, busy, again, cancel }: CodeProps) {
  const left = useSecondsUntil(endsAt);
  if (left === 0) {
    return html`<p role="status">The code has ended.</p>
      <p class="actions"><button type="button" onClick=${again} disabled=${busy}>New code</button></p>`;
  }
  const command = `visiona agent --pair ${code} --public-url ${location.origin}`;
  return html`<div role="group" aria-label="Pairing code">
    <p class="code" data-code=${code}><code>${code}</code></p>
    <p>It is good for one device and ends in <span role="timer">${clock(left)}</span>. On the device, type:</p>
    <${CopyableCommand} text=${command} label="the command that pairs" />
    ${isServerLocal() ? html`<${Simulated} code=${code} />` : ''}
    <p class="actions"><button type="button" class="quiet" onClick=${cancel} disabled=${busy}>Cancel</button></p>
  </div>`;
}

/** Shows a command that pairs a simulated device, for a person who tries the product without a device. */
function Simulated({ code }: { readonly code: string }) {
  // Each code has a token file of its own, so that the device of an earlier code keeps its file.
  const file = `~/visiona-simulated-${code.slice(0, 5)}`;
  const agent = `${PROGRAM_IN_SOURCES} agent --simulate --token-file ${file} --pair ${code} --public-url ${location.origin}`;
  return html`<p>No device at hand? In the folder of the sources, this starts one that is simulated:</p>
    <${CopyableCommand} text=${agent} label="the command that pairs a simulated device" />`;
}

/** Writes seconds as a clock shows them: `9:05`. */
function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Whole seconds until a time of `performance.now()`, counted down every second. */
function useSecondsUntil(endsAt: number): number {
  const left = () => Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
  }, [endsAt]);
  return seconds;
}
