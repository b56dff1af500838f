// This file shows who is signed in, with a button to sign out, and the page for a visitor who is not signed in.
import * as api from './api.js';
import { html, useState } from './preact.js';
import { useTask } from './task.js';
import type { Me } from './wire.js';

/** Shows the page for a visitor who is not signed in. @param ended whether the visitor had a session that is over */
export function SignInPage({ ended }: { readonly ended: boolean }) {
  return html`<main class="card hero">
    <img src=${new URL('./icon.svg', import.meta.url).href} alt="" width="56" height="56" />
    <h1>visionA</h1>
    ${ended ? html`<p role="status">Your session has ended. Sign in again to go on.</p>` : ''}
    <p>Edge devices behind NAT, called as if they were on your desk.</p>
    <p class="actions"><a class="button" href="/api/auth/login?return_to=/">Sign in</a></p>
    <p class="fine"><a href="/api/docs">The API</a></p>
  </main>`;
}

/** Shows the top of the page: who is signed in, and a button that signs out. */
export function Header({ me, ended }: { readonly me: Me; readonly ended: () => void }) {
  const [leaving, setLeaving] = useState(false);
  const { run, busy, error } = useTask(ended);
  const leave = () =>
    run(async () => {
      const { endSessionUrl } = await api.signOut();
      setLeaving(true);
      location.assign(endSessionUrl ?? '/');
    });
  return html`<header>
    <h1 class="brand"><img src=${new URL('./icon.svg', import.meta.url).href} alt="" width="28" height="28" /> visionA</h1>
    <span class="who"><span class="name">${me.name ?? me.email ?? me.userId}</span>
      ${me.name !== null && me.email !== null ? html`<span class="email">${me.email}</span>` : ''}</span>
    <button type="button" class="quiet" onClick=${leave} disabled=${busy || leaving}>Sign out</button>
    ${error === undefined ? '' : html`<p class="error" role="alert">${error}</p>`}
  </header>`;
}
