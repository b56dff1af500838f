import { Header, SignedOut } from './account.js';
import * as api from './api.js';
import { Devices } from './devices.js';
import { html, render, useCallback, useEffect, useState } from './preact.js';
import type { Me } from './wire.js';

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'out'; readonly ended: boolean }
  | { readonly kind: 'in'; readonly me: Me };

/** How long to wait, in ms, before a server that did not answer is asked again. */
const AGAIN_MS = 3_000;

function App() {
  const [state, setState] = useState<State>({ kind: 'asking' });
  const ask = useCallback(async () => {
    try {
      const me = await api.me();
      setState(me === undefined ? { kind: 'out', ended: false } : { kind: 'in', me });
    } catch (error) {
      setState({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
    }
  }, []);
  const ended = useCallback(() => setState({ kind: 'out', ended: true }), []);
  useEffect(() => void ask(), [ask]);
  useEffect(() => {
    if (state.kind !== 'failed') return;
    const timer = setTimeout(ask, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state, ask]);
  // The browser may show a page from its memory that was left signed in, or before.
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => event.persisted && void ask();
    addEventListener('pageshow', shown);
    return () => removeEventListener('pageshow', shown);
  }, [ask]);

  if (state.kind === 'asking') return html`<p class="loading" role="status">One moment …</p>`;
  if (state.kind === 'out') return html`<${SignedOut} ended=${state.ended} />`;
  if (state.kind === 'failed') {
    return html`<main class="card"><h1>visionA</h1>
      <p role="alert">${state.why} Trying again …</p></main>`;
  }
  return html`<${Header} me=${state.me} ended=${ended} />
    <main><${Devices} cliFlags=${state.me.cliFlags} ended=${ended} /></main>`;
}

const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
