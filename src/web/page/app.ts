// This file is the page itself: it asks who is signed in, and shows the devices or the sign-in page.
import { Header, SignInPage } from './account.js';
import * as api from './api.js';
import { DevicesSection } from './devices.js';
import { html, render, useCallback, useEffect, useState } from './preact.js';
import type { Me } from './wire.js';

/** The page's knowledge about its visitor. */
type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'out'; readonly ended: boolean }
  | { readonly kind: 'in'; readonly me: Me };

/** How long the page waits, in ms, before it asks again a server that did not answer. */
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
  // A browser that goes back shows this page from its memory, and the visitor may have signed in or out meanwhile.
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => event.persisted && void ask();
    addEventListener('pageshow', shown);
    return () => removeEventListener('pageshow', shown);
  }, [ask]);

  if (state.kind === 'asking') return html`<p class="loading" role="status">One moment …</p>`;
  if (state.kind === 'out') return html`<${SignInPage} ended=${state.ended} />`;
  if (state.kind === 'failed') {
    return html`<main class="card"><h1>visionA</h1>
      <p role="alert">${state.why} Trying again …</p></main>`;
  }
  return html`<${Header} me=${state.me} ended=${ended} />
    <main><${DevicesSection} cliFlags=${state.me.cliFlags} ended=${ended} /></main>`;
}

const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
