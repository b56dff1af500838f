import { DEV_AUDIENCE, DEV_CLIENT_ID, type OidcConfig } from '../config/types.js';

/**
 * What `visiona token` must be told to get a token for this installation, as a POSIX shell takes it. Nothing in it is secret:
 * the browser sees most of it at each sign-in. Undefined: access tokens are off.
 */
export function tokenFlags({ issuer, clientId, audience }: OidcConfig): string | undefined {
  if (audience === undefined) return undefined;
  const isDevelopment =
    audience === DEV_AUDIENCE && clientId === DEV_CLIENT_ID && issuer.protocol === 'http:';
  const words = isDevelopment
    ? ['--dev-op-addr', issuer.host]
    : ['--oidc-issuer', issuer.href, '--oidc-client-id', clientId, '--oidc-audience', audience];
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
