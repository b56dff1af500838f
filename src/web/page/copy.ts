import { html, useEffect, useState } from './preact.js';

/** How long "Copied" is shown, in ms. */
const SHOWN_MS = 2_000;

/** A command to be typed elsewhere, with a button that copies it. @param label what it is, for who does not see it */
export function Command({ text, label }: { readonly text: string; readonly label: string }) {
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
