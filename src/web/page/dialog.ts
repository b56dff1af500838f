import { type ComponentChildren, html, useEffect, useRef } from './preact.js';

export interface DialogProps {
  readonly title: string;
  /** The person left it, by Escape or a button. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

let dialogs = 0;

/** A dialog over the page, by the browser's own means: it keeps the focus inside, and gives it back. */
export function Dialog({ title, onClose, children }: DialogProps) {
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
