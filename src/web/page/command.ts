// This file shows commands that a person types elsewhere, each with a button that copies it.
import { html, useEffect, useState } from './preact.js';

/** How long "Copied" is shown, in ms. */
const SHOWN_MS = 2_000;

/** The program as it is called in the folder of the sources, where it is not on the PATH. */
export const PROGRAM_IN_SOURCES = 'node dist/src/cli/visiona.js';

/** Whether the page is shown on the computer of the server: then a person tries the product, most likely among the sources. */
export function isServerLocal(): boolean {
  const { hostname } = location;
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

/** Shows a command with a button that copies it. @param label names the command for screen readers */
export function CopyableCommand({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState<'' | 'Copied' | 'Not copied'>('');
  useEffect(() => {
    if (copied === '') return;
    const timer = setTimeout(() => setCopied(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied('Copied');
    } catch {
      setCopied('Not copied');
    }
  };
  // A region that scrolls must be reachable by the keyboard.
  return html`<div class="command">
    <pre tabindex="0" role="region" aria-label=${label}><code>${text}</code></pre>
    <button type="button" class="small" aria-label=${`Copy: ${label}`} onClick=${copy}>${copied || 'Copy'}</button>
    <span class="unseen" role="status">${copied}</span>
  </div>`;
}
