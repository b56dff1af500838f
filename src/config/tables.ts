import { flag, integer, text } from './schemas.js';
import { flagOnly, pick, requiredFlag } from './setting.js';
import { settings } from './settings.js';

const trusted = pick(settings, 'trustedProxies');
const log = pick(settings, 'logLevel', 'logFormat');
const store = pick(settings, 'dataDir', 'databaseUrl');
const tunnel = pick(settings, 'tunnelAddr', 'tunnelUrl');
const hosts = pick(settings, 'hosts', 'heartbeatMs', 'idleTimeoutMs');
const oidc = pick(
  settings,
  'oidcIssuer',
  'oidcClientId',
  'oidcClientSecret',
  'oidcScopes',
  'oidcAudience',
  'oidcServiceClientId',
  'oidcServiceClientSecret',
  'oidcServiceScope',
);

const proxy = {
  ...tunnel,
  ...pick(settings, 'internalAddr'),
  ...trusted,
  ...store,
  ...pick(settings, 'internalSecret'),
  ...hosts,
  ...log,
};

const api = {
  ...pick(settings, 'apiAddr', 'publicUrl'),
  ...tunnel,
  ...pick(settings, 'proxyUrl'),
  ...trusted,
  ...store,
  ...oidc,
  ...pick(settings, 'sessionSecret', 'internalSecret'),
  ...log,
};

/** Which settings each command reads, in the order `--help` shows them. */
export const tables = {
  proxy,
  api,
  up: {
    ...pick(settings, 'apiAddr', 'tunnelAddr', 'internalAddr', 'publicUrl', 'tunnelUrl'),
    ...trusted,
    ...store,
    ...oidc,
    ...pick(settings, 'devOpAddr', 'sessionSecret', 'internalSecret'),
    ...hosts,
    ...log,
  },
  agent: {
    ...pick(settings, 'tunnelUrl', 'publicUrl', 'pair', 'deviceToken', 'tokenFile', 'target', 'simulate'),
    ...pick(settings, 'heartbeatMs', 'idleTimeoutMs'),
    ...log,
  },
  token: pick(settings, 'oidcIssuer', 'oidcClientId', 'oidcClientSecret', 'oidcAudience', 'devOpAddr'),
  deviceAdd: {
    user: requiredFlag('user', {
      placeholder: 'SUB',
      doc: 'The user who owns the device: the sub at the provider.',
      schema: text,
    }),
    name: requiredFlag('name', {
      placeholder: 'NAME',
      doc: 'What the device is called; with --count, a number follows.',
      schema: text,
    }),
    count: flagOnly('count', {
      placeholder: 'N',
      fallbackDoc: '1',
      doc: 'How many devices to add at once.',
      schema: integer(1, 100_000),
    }),
    json: flagOnly('json', { doc: 'Print one JSON object a line.', schema: flag }),
    ...store,
  },
  deviceList: {
    user: flagOnly('user', { placeholder: 'SUB', doc: 'Only the devices of this user.', schema: text }),
    json: flagOnly('json', { doc: 'Print one JSON object a line.', schema: flag }),
    ...store,
  },
  deviceRevoke: store,
};
