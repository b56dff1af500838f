// `tables` says which settings each command reads.
import { integer, onOff, requiredText, text } from './schemas.js';
import { explained, flagOnly, pick, requiredFlag } from './setting.js';
import { settings } from './settings.js';
import { DEFAULT_PUBLIC_URL, DEFAULT_TUNNEL_URL, DEV_AUDIENCE } from './types.js';

const trusted = pick(settings, 'trustedProxies');
const log = pick(settings, 'logLevel', 'logFormat');
const requests = pick(settings, 'accessLog');
const store = pick(settings, 'dataDir', 'databaseUrl', 'databasePool');
const tunnel = pick(settings, 'tunnelAddr', 'tunnelUrl');
const unread = pick(settings, 'unreadBytes');
const hosts = pick(settings, 'hosts', 'maxTunnels', 'heartbeatMs', 'idleTimeoutMs');
const oidc = pick(
  settings,
  'oidcIssuer',
  'oidcClientId',
  'oidcClientSecret',
  'oidcScopes',
  'oidcAudience',
  'oidcConsent',
  'oidcClockTolerance',
  'oidcDiscoveryRefresh',
  'oidcServiceClientId',
  'oidcServiceClientSecret',
  'oidcServiceScope',
);

const proxy = {
  ...tunnel,
  ...pick(settings, 'internalAddr'),
  // This is not the port of api-server and `up`, as both sides may run on one machine.
  opsAddr: { ...settings.opsAddr, fallback: '127.0.0.1:3802' },
  ...trusted,
  ...store,
  ...pick(settings, 'internalSecret'),
  ...hosts,
  ...unread,
  ...log,
  ...requests,
};

const api = {
  ...pick(settings, 'apiAddr', 'publicUrl'),
  ...tunnel,
  ...pick(settings, 'proxyUrl', 'opsAddr'),
  ...trusted,
  ...store,
  ...oidc,
  ...pick(settings, 'userWrites', 'sessionSecret', 'internalSecret'),
  ...unread,
  ...log,
  ...requests,
};

/** Which settings each command reads, in the order `--help` shows them. */
export const tables = {
  proxy,
  api,
  up: {
    ...pick(settings, 'apiAddr', 'tunnelAddr', 'internalAddr', 'opsAddr', 'publicUrl', 'tunnelUrl'),
    ...trusted,
    ...store,
    ...oidc,
    ...pick(settings, 'userWrites', 'devOpAddr', 'sessionSecret', 'internalSecret'),
    ...hosts,
    ...unread,
    ...log,
    ...requests,
  },
  agent: {
    tunnelUrl: explained(settings.tunnelUrl, {
      doc: 'The tunnel to dial.',
      fallbackDoc: `as pairing answered, else ${DEFAULT_TUNNEL_URL}`,
    }),
    publicUrl: explained(settings.publicUrl, {
      doc: 'The REST API, where a pairing code is exchanged.',
      fallbackDoc: DEFAULT_PUBLIC_URL,
    }),
    ...pick(settings, 'pair', 'deviceToken', 'tokenFile', 'target', 'simulate'),
    ...pick(settings, 'heartbeatMs', 'idleTimeoutMs'),
    ...log,
  },
  token: {
    ...pick(settings, 'oidcIssuer', 'oidcClientId', 'oidcClientSecret'),
    oidcAudience: explained(settings.oidcAudience, {
      doc: 'The audience of the token, as it is set for the API; required with OIDC_ISSUER.',
      fallbackDoc: `${DEV_AUDIENCE} at the development provider`,
    }),
    ...pick(settings, 'oidcConsent', 'oidcClockTolerance', 'devOpAddr'),
    keep: flagOnly('keep', {
      placeholder: 'FILE',
      doc: 'Keep a refresh token in this file, mode 0600: only the first token is confirmed in a browser.',
      schema: text,
    }),
  },
  deviceAdd: {
    user: requiredFlag('user', {
      placeholder: 'SUB',
      doc: 'Whose device it is: the sub that the OpenID provider gives this user.',
      schema: requiredText,
    }),
    name: requiredFlag('name', {
      placeholder: 'NAME',
      doc: 'What the device is called; with --count, a number follows.',
      schema: requiredText,
    }),
    count: flagOnly('count', {
      placeholder: 'N',
      fallbackDoc: '1',
      doc: 'How many devices to add at once.',
      schema: integer(1, 100_000),
    }),
    json: flagOnly('json', { doc: 'Print one JSON object a line.', schema: onOff }),
    oidcIssuer: explained(settings.oidcIssuer, {
      doc: 'The OpenID provider of --user, written exactly as it names itself.',
      fallbackDoc: 'the development provider of `visiona up`',
    }),
    ...pick(settings, 'devOpAddr'),
    ...store,
  },
  deviceList: {
    user: flagOnly('user', {
      placeholder: 'SUB',
      doc: 'Only the devices of this user, at any provider.',
      schema: text,
    }),
    revoked: flagOnly('revoked', {
      doc: 'Also devices that were revoked in the last 30 days.',
      schema: onOff,
    }),
    json: flagOnly('json', { doc: 'Print one JSON object a line.', schema: onOff }),
    ...store,
    proxyUrl: explained(settings.proxyUrl, {
      doc: 'Where remote-proxy, or `visiona up`, is asked who is online.',
      fallbackDoc: settings.proxyUrl.fallback ?? '',
    }),
    internalSecret: explained(settings.internalSecret, {
      doc: 'The secret to ask it with.',
      fallbackDoc: 'from the data directory; without one, who is online is not known',
    }),
  },
  deviceRevoke: store,
  sessionsEnd: store,
};
