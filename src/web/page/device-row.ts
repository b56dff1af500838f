// This file shows one device of the list: its state, the command that calls it, and the dialogs that rename and unpair it.
import * as api from './api.js';
import { CopyableCommand, isServerLocal, PROGRAM_IN_SOURCES } from './command.js';
import { type ComponentChildren, html, useEffect, useRef, useState } from './preact.js';
import { useTask } from './task.js';
import type { DeviceItem, Me } from './wire.js';

interface RowProps {
  readonly device: DeviceItem;
  readonly cliFlags: Me['cliFlags'];
  /** Is called after a change of the device: the list that is shown is out of date. */
  readonly changed: () => void;
  /** Is called when the session is over. */
  readonly ended: () => void;
}

interface FormProps extends RowProps {
  readonly close: () => void;
}

/** Shows one device of the list. */
export function DeviceRow(props: RowProps) {
  const { deviceId, name, model, online, lastConnectedAt } = props.device;
  const [open, setOpen] = useState<'rename' | 'unpair' | undefined>(undefined);
  const close = () => setOpen(undefined);
  return html`<li>
    <div class="line">
      <span class=${online ? 'state online' : 'state offline'}>${online ? 'Online' : 'Offline'}</span>
      <span class="what"><span class="name">${name}</span>
        <span class="fine">${[model, lastSeen(online, lastConnectedAt)].filter(Boolean).join(' · ')}</span></span>
      <span class="actions">
        <button type="button" class="small quiet" aria-label=${`Rename ${name}`} onClick=${() => setOpen('rename')}>Rename</button>
        <button type="button" class="small quiet" aria-label=${`Unpair ${name}`} onClick=${() => setOpen('unpair')}>Unpair</button>
      </span>
    </div>
    <details><summary>Call it</summary><${CallIt} deviceId=${deviceId} cliFlags=${props.cliFlags} /></details>
    ${open === 'rename' ? html`<${Rename} ...${props} close=${close} />` : ''}
    ${open === 'unpair' ? html`<${Unpair} ...${props} close=${close} />` : ''}
  </li>`;
}

function lastSeen(online: boolean, at: string | undefined): string {
  if (at === undefined) return online ? '' : 'was never connected';
  return `${online ? 'since' : 'last connected'} ${new Date(at).toLocaleString()}`;
}

function CallIt({ deviceId, cliFlags }: { readonly deviceId: string; readonly cliFlags: Me['cliFlags'] }) {
  const url = `${location.origin}/api/devices/${deviceId}`;
  const rest = html`<p class="fine">Any other request goes to an address that begins with this:</p>
    <${CopyableCommand} label="where other requests go" text=${`${url}/proxy/`} />
    <p class="fine"><a href="/api/docs">The API</a></p>`;
  if (cliFlags === null) {
    return html`<p>Programs cannot call it yet: access tokens are off here. Whoever runs this server turns them on with
      OIDC_AUDIENCE.</p>${rest}`;
  }
  const program = isServerLocal() ? PROGRAM_IN_SOURCES : 'visiona';
  const commands = `TOKEN=$(${program} token ${cliFlags})\ncurl -H "Authorization: Bearer $TOKEN" ${url}/system`;
  return html`<${CopyableCommand} label="the commands that call it" text=${commands} />
    <p class="fine">The first asks you to confirm, in a browser, that it may call your devices.</p>${rest}`;
}

function Rename({ device, changed, ended, close }: FormProps) {
  const [name, setName] = useState(device.name);
  const { run, busy, error } = useTask(ended);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(await run(() => api.renameDevice(device.deviceId, name)))) return;
    changed();
    close();
  };
  return html`<${Dialog} title=${`Rename ${device.name}`} onClose=${close}>
    <form onSubmit=${submit}>
      <label>Name <input required pattern=".{1,128}" title="At most 128 characters" value=${name} autofocus
        onInput=${(event: Event) => setName((event.target as HTMLInputElement).value)} /></label>
      ${error === undefined ? '' : html`<p class="error" role="alert">${error}</p>`}
      <p class="actions"><button type="submit" disabled=${busy}>Rename</button>
        <button type="button" class="quiet" onClick=${close}>Cancel</button></p>
    </form>
  <//>`;
}

function Unpair({ device, changed, ended, close }: FormProps) {
  const { run, busy, error } = useTask(ended);
  const unpair = async () => {
    if (!(await run(() => api.unpairDevice(device.deviceId)))) return;
    changed();
    close();
  };
  return html`<${Dialog} title=${`Unpair ${device.name}?`} onClose=${close}>
    <p>Its connection is closed and its credential is void at once. To use it again, pair it again.</p>
    ${error === undefined ? '' : html`<p class="error" role="alert">${error}</p>`}
    <p class="actions"><button type="button" class="danger" onClick=${unpair} disabled=${busy}>Unpair</button>
      <button type="button" class="quiet" autofocus onClick=${close}>Cancel</button></p>
  <//>`;
}

interface DialogProps {
  readonly title: string;
  /** Is called when the person leaves the dialog, by Escape or a button. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

let dialogs = 0;

/** Shows a dialog over the page. The dialog is the browser's own element, which keeps the focus inside and gives it back. */
function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useRef(`dialog-${++dialogs}`);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby=${titleId.current} onCancel=${onClose} onClose=${onClose}>
    <h2 id=${titleId.current}>${title}</h2>
    ${children}
  </dialog>`;
}
