// `settings` is the table of all settings of the product.
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { descriptorLimit, memoryLimit, tunnelsWithin } from './process-limits.js';
import {
  address,
  addressRanges,
  databaseUrl,
  integer,
  oneOf,
  onOff,
  opaqueToken,
  origin,
  pairingCode,
  strongSecret,
  strongSecretList,
  text,
  url,
  words,
} from './schemas.js';
import { optional, type SettingTable, withDefault } from './setting.js';
import { DEFAULT_DATABASE_POOL } from './types.js';

const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;

/** Every setting of the product, in the order documentation shows them. */
export const settings = {
  apiAddr: withDefault('VISIONA_API_ADDR', '127.0.0.1:3721', {
    placeholder: 'HOST:PORT',
    doc: 'Where the REST API listens; port 0 takes any free one and prints it.',
    schema: address,
  }),
  tunnelAddr: withDefault('VISIONA_TUNNEL_ADDR', '127.0.0.1:3800', {
    placeholder: 'HOST:PORT',
    doc: 'Where devices dial in; port 0 takes any free one and prints it.',
    schema: address,
  }),
  internalAddr: withDefault('VISIONA_INTERNAL_ADDR', '127.0.0.1:3801', {
    placeholder: 'HOST:PORT',
    doc: 'Where the internal API listens; keep it off public networks.',
    schema: address,
  }),
  opsAddr: withDefault('VISIONA_OPS_ADDR', '127.0.0.1:3723', {
    placeholder: 'HOST:PORT',
    doc: 'Where /healthz, /readyz and /metrics are served, to whoever asks; port 0 takes any free one and prints it.',
    schema: address,
  }),
  publicUrl: optional('VISIONA_PUBLIC_URL', {
    placeholder: 'URL',
    fallbackDoc: 'from the REST address',
    doc: 'What browsers see; redirect URI and Origin come from it.',
    schema: origin(['https:', 'http:'], 'https://visiona.example'),
  }),
  tunnelUrl: optional('VISIONA_TUNNEL_URL', {
    placeholder: 'URL',
    fallbackDoc: 'from the tunnel address',
    doc: 'What devices are told to dial, and what the agent dials.',
    schema: url(['wss:', 'ws:'], 'wss://tunnel.visiona.example'),
  }),
  proxyUrl: withDefault('VISIONA_PROXY_URL', 'http://127.0.0.1:3801', {
    placeholder: 'URL',
    doc: 'Where api-server finds the internal API of remote-proxy.',
    schema: origin(['http:', 'https:'], 'http://127.0.0.1:3801'),
  }),
  trustedProxies: optional('VISIONA_TRUSTED_PROXIES', {
    placeholder: 'ADDRESSES',
    fallbackDoc: 'none',
    doc: 'Proxies in front, as IP addresses and CIDR ranges between commas: what they say in X-Forwarded-For is believed.',
    schema: addressRanges,
  }),
  dataDir: withDefault('VISIONA_DATA_DIR', './data', {
    placeholder: 'DIR',
    doc: 'The directory of the embedded store, model files and generated secrets; its mode is 0700.',
    schema: text,
  }),
  databaseUrl: optional('DATABASE_URL', {
    placeholder: 'URL',
    fallbackDoc: 'none: the embedded store',
    doc: 'A postgres:// database instead of the embedded store, for several machines.',
    secret: true,
    schema: databaseUrl,
  }),
  databasePool: withDefault('VISIONA_DATABASE_POOL', String(DEFAULT_DATABASE_POOL), {
    placeholder: 'N',
    doc: 'The most connections of this process to the database of DATABASE_URL; one more looks after a silent one.',
    schema: integer(1, 1_000),
  }),
  oidcIssuer: optional('OIDC_ISSUER', {
    placeholder: 'URL',
    doc: 'The OpenID provider that signs users in.',
    schema: url(['https:', 'http:'], 'https://id.example'),
  }),
  oidcClientId: optional('OIDC_CLIENT_ID', {
    placeholder: 'ID',
    doc: 'The client id of this installation at the provider.',
    schema: text,
  }),
  oidcClientSecret: optional('OIDC_CLIENT_SECRET', {
    placeholder: 'SECRET',
    fallbackDoc: 'none: a public client',
    doc: 'The client secret, for a provider that wants a confidential client.',
    secret: true,
    schema: opaqueToken,
  }),
  oidcScopes: withDefault('OIDC_SCOPES', 'openid profile email', {
    placeholder: 'SCOPES',
    doc: 'The scopes asked for at sign-in, between spaces; openid must be one.',
    schema: words.refine((list) => list.includes('openid'), {
      message: 'openid is missing; add it, without it there is no sign-in',
    }),
  }),
  oidcAudience: optional('OIDC_AUDIENCE', {
    placeholder: 'AUDIENCE',
    fallbackDoc: 'none: bearer tokens are off; urn:visiona:api at the development provider',
    doc: 'The audience that access tokens of REST clients must carry.',
    schema: text,
  }),
  oidcConsent: withDefault('OIDC_CONSENT', 'auto', {
    placeholder: 'WHEN',
    doc: 'Whether users are asked for consent (prompt=consent): auto, with offline_access; or never, where they may not give it.',
    schema: oneOf('auto', 'never'),
  }),
  oidcClockTolerance: withDefault('OIDC_CLOCK_TOLERANCE', '30', {
    placeholder: 'SECONDS',
    doc: "By how much the provider's clock may differ from this machine's, in seconds.",
    schema: integer(0, 600),
  }),
  oidcDiscoveryRefresh: withDefault('OIDC_DISCOVERY_REFRESH', '600', {
    placeholder: 'SECONDS',
    doc: "How long the provider's discovery document and keys are believed before they are asked for again, in seconds.",
    schema: integer(1, 86_400),
  }),
  oidcServiceClientId: optional('OIDC_SERVICE_CLIENT_ID', {
    placeholder: 'ID',
    doc: 'Reserved; has no effect.',
    schema: text,
  }),
  oidcServiceClientSecret: optional('OIDC_SERVICE_CLIENT_SECRET', {
    placeholder: 'SECRET',
    doc: 'Reserved; has no effect.',
    secret: true,
    schema: opaqueToken,
  }),
  oidcServiceScope: optional('OIDC_SERVICE_SCOPE', {
    placeholder: 'SCOPES',
    doc: 'Reserved; has no effect.',
    schema: words,
  }),
  devOpAddr: withDefault('VISIONA_DEV_OP_ADDR', '127.0.0.1:3722', {
    placeholder: 'HOST:PORT',
    doc: 'Where the development OpenID provider of `visiona up` listens when OIDC_ISSUER is unset.',
    schema: address,
  }),
  sessionSecret: optional('SESSION_SECRET', {
    placeholder: 'SECRETS',
    fallbackDoc: 'generated into the data directory',
    doc: 'Secrets of at least 32 bytes between commas that sign cookies: the first signs, all verify.',
    secret: true,
    schema: strongSecretList,
  }),
  internalSecret: optional('INTERNAL_SECRET', {
    placeholder: 'SECRET',
    fallbackDoc: 'generated into the data directory',
    doc: 'The secret of at least 32 bytes that api-server and remote-proxy share for the internal API.',
    secret: true,
    schema: strongSecret,
  }),
  userWrites: withDefault('VISIONA_USER_WRITES', '120', {
    placeholder: 'N',
    doc: 'How many changes a user may make in a minute, and a hundred times as many in a day.',
    schema: integer(1, 1_000_000),
  }),
  hosts: withDefault('VISIONA_HOSTS', String(Math.max(1, availableParallelism() - 1)), {
    placeholder: 'N',
    fallbackDoc: 'cores − 1, at least 1',
    doc: 'How many threads host tunnel sessions.',
    schema: integer(1, 256),
  }),
  heartbeatMs: withDefault('VISIONA_HEARTBEAT_MS', '15000', {
    placeholder: 'MS',
    doc: 'How long a tunnel may be idle before it is pinged, in milliseconds.',
    schema: integer(10, HOUR_MS),
  }),
  idleTimeoutMs: withDefault('VISIONA_IDLE_TIMEOUT_MS', '90000', {
    placeholder: 'MS',
    doc: 'How long a tunnel may be silent before its session expires, in milliseconds.',
    schema: integer(20, 24 * HOUR_MS),
  }),
  maxTunnels: withDefault('VISIONA_MAX_TUNNELS', String(tunnelsWithin(descriptorLimit())), {
    placeholder: 'N',
    fallbackDoc: 'three quarters of the open files that the process may have (ulimit -n)',
    doc: 'How many tunnels there may be at once; devices beyond it are told 503.',
    schema: integer(1, 1_000_000),
  }),
  unreadBytes: withDefault('VISIONA_UNREAD_BYTES', String(Math.max(MIB, Math.floor(memoryLimit() / 4))), {
    placeholder: 'BYTES',
    fallbackDoc: 'a quarter of the memory limit',
    doc: 'How much callers may leave unread of what devices answer, in bytes; one user may a quarter of it.',
    schema: integer(MIB, 2 ** 39),
  }),
  logLevel: withDefault('LOG_LEVEL', 'info', {
    placeholder: 'LEVEL',
    doc: 'The least important level that is logged: trace, debug, info, warn, error, fatal or silent.',
    schema: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  }),
  logFormat: optional('LOG_FORMAT', {
    placeholder: 'FORMAT',
    fallbackDoc: 'json; pretty on a terminal',
    doc: 'How log lines look: json or pretty.',
    schema: oneOf('json', 'pretty'),
  }),
  accessLog: withDefault('VISIONA_ACCESS_LOG', 'false', {
    doc: 'Log every request that is answered, one line each, whatever LOG_LEVEL is.',
    schema: onOff,
  }),
  deviceToken: optional('VISIONA_DEVICE_TOKEN', {
    placeholder: 'TOKEN',
    fallbackDoc: 'from the token file',
    doc: "The device's session token, as `visiona device add` showed it; kept in the token file from then on.",
    secret: true,
    schema: opaqueToken,
  }),
  pair: optional('VISIONA_PAIR', {
    placeholder: 'CODE',
    doc: 'A pairing code to exchange for a session token, once, at the API under --public-url.',
    secret: true,
    schema: pairingCode,
  }),
  tokenFile: withDefault('VISIONA_TOKEN_FILE', join(homedir(), '.visiona', 'device-token'), {
    placeholder: 'FILE',
    fallbackDoc: '~/.visiona/device-token',
    doc: 'Where the agent keeps its session token, readable by its user only.',
    schema: text,
  }),
  target: withDefault('VISIONA_TARGET', 'http://127.0.0.1:8080', {
    placeholder: 'URL',
    doc: 'The local HTTP service that the agent forwards requests to.',
    schema: origin(['http:'], 'http://127.0.0.1:8080'),
  }),
  simulate: withDefault('VISIONA_SIMULATE', 'false', {
    doc: 'Serve a virtual edge host instead of forwarding to --target.',
    schema: onOff,
  }),
} satisfies SettingTable;
