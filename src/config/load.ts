// Each command's configuration is loaded here: its table is read, its rules are checked, its secrets are found.
import { resolve } from 'node:path';
import { type Address, isLoopback, urlOf } from '../net/address.js';
import { Secret } from '../text/secret.js';
import { ConfigError, type ConfigIssue } from './errors.js';
import { type GeneratedName, generate, openDataDir, readGenerated } from './generated.js';
import { type RawSettings, readSetting, readSettings } from './read.js';
import { checkRules, devProviderIssue } from './rules.js';
import type { SettingTable, ValuesOf } from './setting.js';
import { settings } from './settings.js';
import { tables } from './tables.js';
import {
  type AgentConfig,
  type ApiConfig,
  DEFAULT_PUBLIC_URL,
  DEV_AUDIENCE,
  DEV_CLIENT_ID,
  type DevProviderConfig,
  type LogConfig,
  type OidcConfig,
  type OidcPolicy,
  type ProxyConfig,
  type RestConfig,
  type StoreConfig,
  type TokenConfig,
  type UpConfig,
} from './types.js';

type RestValues = Omit<ValuesOf<typeof tables.api>, 'proxyUrl'>;

/** Reads a command's values, or throws a ConfigError with every issue there is. */
function read<T extends SettingTable>(
  table: T,
  raw: RawSettings,
  more: (values: ValuesOf<T>) => (ConfigIssue | undefined)[],
) {
  const { values, issues, failed } = readSettings(table, raw);
  const between = checkRules(values, failed);
  const rest = failed.size === 0 ? more(values).filter((issue) => issue !== undefined) : [];
  const all = [...issues, ...between, ...rest];
  if (all.length > 0) throw new ConfigError(all);
  return values;
}

/** The variables of the secrets that an operator may give instead. */
const VARIABLE = {
  'internal-secret': 'INTERNAL_SECRET',
  'session-secret': 'SESSION_SECRET',
} as const satisfies Partial<Record<GeneratedName, string>>;

/**
 * The issue of a secret that is neither given nor generated. A secret may be generated only for loopback, where no other
 * machine needs it.
 */
function missing(
  name: keyof typeof VARIABLE,
  value: unknown,
  dataDir: string,
  host: string,
): ConfigIssue | undefined {
  if (value !== undefined || isLoopback(host)) return undefined;
  const found = readGenerated(resolve(dataDir), name);
  if (found instanceof Secret) return undefined;
  if (found !== undefined) return found;
  return {
    name: VARIABLE[name],
    problem: `it must be set when ${host} is not loopback; make one with: openssl rand -hex 32`,
  };
}

/** The secret of the data directory; undefined when there is none yet. @throws ConfigError */
export function findGenerated(name: GeneratedName, dataDir: string): Secret | undefined {
  const unusable = openDataDir(dataDir);
  if (unusable !== undefined) throw new ConfigError([unusable]);
  const secret = readGenerated(dataDir, name);
  if (secret === undefined || secret instanceof Secret) return secret;
  throw new ConfigError([secret]);
}

/** The secret of the data directory, made if it is not there. @throws ConfigError */
export function generated(name: GeneratedName, dataDir: string): Secret {
  const found = findGenerated(name, dataDir);
  if (found !== undefined) return found;
  const secret = generate(dataDir, name);
  if (secret instanceof Secret) return secret;
  throw new ConfigError([secret]);
}

function storeConfig(values: ValuesOf<typeof tables.deviceRevoke>): StoreConfig {
  const { dataDir, databaseUrl, databasePool } = values;
  return { dataDir: resolve(dataDir), databaseUrl, databasePool };
}

function derived(url: URL | undefined, scheme: 'http' | 'ws', address: Address): URL | undefined {
  if (url !== undefined || address.port === 0) return url;
  return new URL(urlOf(scheme, address));
}

function oidcPolicy(values: RestValues): OidcPolicy {
  return {
    scopes: values.oidcScopes,
    consent: values.oidcConsent,
    clockToleranceS: values.oidcClockTolerance,
    discoveryRefreshS: values.oidcDiscoveryRefresh,
  };
}

function oidcConfig(values: RestValues): OidcConfig | undefined {
  const { oidcIssuer: issuer, oidcClientId: clientId } = values;
  if (issuer === undefined || clientId === undefined) return undefined;
  return {
    issuer,
    clientId,
    clientSecret: values.oidcClientSecret,
    audience: values.oidcAudience,
    ...oidcPolicy(values),
  };
}

function logConfig(values: ValuesOf<Pick<typeof tables.up, 'logLevel' | 'logFormat'>>): LogConfig {
  return { level: values.logLevel, format: values.logFormat };
}

function proxyConfig(values: ValuesOf<typeof tables.proxy>): ProxyConfig {
  const { tunnelAddr, internalAddr, opsAddr, accessLog, trustedProxies, hosts, heartbeatMs, idleTimeoutMs } =
    values;
  const store = storeConfig(values);
  return {
    log: logConfig(values),
    ...store,
    accessLog,
    trustedProxies,
    tunnelAddr,
    internalAddr,
    opsAddr,
    internalSecret: values.internalSecret ?? generated('internal-secret', store.dataDir),
    hosts,
    heartbeatMs,
    idleTimeoutMs,
    maxTunnels: values.maxTunnels,
    unreadBytes: values.unreadBytes,
  };
}

function restConfig(values: RestValues): RestConfig {
  const store = storeConfig(values);
  // An unusable secret is reported before anything starts. A missing secret is made later, as only the store knows whether
  // there was another before.
  if (values.sessionSecret === undefined) findGenerated('session-secret', store.dataDir);
  return {
    log: logConfig(values),
    ...store,
    accessLog: values.accessLog,
    trustedProxies: values.trustedProxies,
    unreadBytes: values.unreadBytes,
    apiAddr: values.apiAddr,
    opsAddr: values.opsAddr,
    publicUrl: derived(values.publicUrl, 'http', values.apiAddr),
    tunnelUrl: derived(values.tunnelUrl, 'ws', values.tunnelAddr),
    oidc: oidcConfig(values),
    userWrites: values.userWrites,
    sessionSecrets: values.sessionSecret,
  };
}

/** The configuration of `visiona remote-proxy`. @throws ConfigError */
export function loadProxyConfig(raw: RawSettings): ProxyConfig {
  return proxyConfig(
    read(tables.proxy, raw, ({ internalSecret, dataDir, internalAddr }) => [
      missing('internal-secret', internalSecret, dataDir, internalAddr.host),
    ]),
  );
}

/** The configuration of `visiona api-server`. @throws ConfigError */
export function loadApiConfig(raw: RawSettings): ApiConfig {
  const values = read(tables.api, raw, ({ internalSecret, sessionSecret, dataDir, proxyUrl, apiAddr }) => [
    missing('internal-secret', internalSecret, dataDir, proxyUrl.hostname),
    missing('session-secret', sessionSecret, dataDir, apiAddr.host),
  ]);
  const rest = restConfig(values);
  return {
    ...rest,
    proxyUrl: values.proxyUrl,
    internalSecret: values.internalSecret ?? generated('internal-secret', rest.dataDir),
  };
}

type UpValues = ValuesOf<typeof tables.up>;

/** The configuration of the development provider; undefined: another provider is configured. */
function devProviderConfig(values: UpValues, dataDir: string): DevProviderConfig | undefined {
  if (values.oidcIssuer !== undefined) return undefined;
  return {
    address: values.devOpAddr,
    secret: generated('dev-provider-secret', dataDir),
    policy: oidcPolicy(values),
    audience: values.oidcAudience ?? DEV_AUDIENCE,
  };
}

function devProviderIssueOf(values: UpValues, { env }: RawSettings): ConfigIssue | undefined {
  if (values.oidcIssuer !== undefined) return undefined;
  const { apiAddr, tunnelAddr, internalAddr, devOpAddr, publicUrl } = values;
  const reachable = {
    VISIONA_API_ADDR: apiAddr,
    VISIONA_TUNNEL_ADDR: tunnelAddr,
    VISIONA_INTERNAL_ADDR: internalAddr,
    VISIONA_DEV_OP_ADDR: devOpAddr,
    VISIONA_PUBLIC_URL: publicUrl,
  };
  return devProviderIssue(reachable, env.NODE_ENV);
}

/** The configuration of `visiona up`, which makes the secrets that are not given. @throws ConfigError */
export function loadUpConfig(raw: RawSettings): UpConfig {
  const values = read(tables.up, raw, (all) => [devProviderIssueOf(all, raw)]);
  const proxy = proxyConfig(values);
  return {
    ...proxy,
    ...restConfig(values),
    devProvider: devProviderConfig(values, proxy.dataDir),
  };
}

/** The configuration of `visiona agent`. @throws ConfigError */
export function loadAgentConfig(raw: RawSettings): AgentConfig {
  const { logLevel, logFormat, publicUrl, tokenFile, ...values } = read(tables.agent, raw, () => []);
  return {
    log: logConfig({ logLevel, logFormat }),
    ...values,
    publicUrl: publicUrl ?? new URL(DEFAULT_PUBLIC_URL),
    tokenFile: resolve(tokenFile),
  };
}

/** The issue of a provider that is not configured: the one of `visiona up` is used then, and its port must be known. */
function unknownIssuer(oidcIssuer: URL | undefined, devOpAddr: Address): ConfigIssue | undefined {
  if (oidcIssuer !== undefined || devOpAddr.port !== 0) return undefined;
  return { name: 'OIDC_ISSUER', problem: 'the port of the development provider is not known; set its URL' };
}

/** The configuration of `visiona token`; without a provider, that of `visiona up` on this machine. @throws ConfigError */
export function loadTokenConfig(raw: RawSettings): TokenConfig {
  const values = read(tables.token, raw, ({ oidcIssuer, oidcAudience, devOpAddr }) => [
    unknownIssuer(oidcIssuer, devOpAddr),
    oidcIssuer !== undefined && oidcAudience === undefined
      ? { name: 'OIDC_AUDIENCE', problem: 'it is missing; set it as it is set for the API' }
      : undefined,
  ]);
  return {
    issuer: values.oidcIssuer ?? new URL(urlOf('http', values.devOpAddr)),
    clientId: values.oidcClientId ?? DEV_CLIENT_ID,
    clientSecret: values.oidcClientSecret,
    audience: values.oidcAudience ?? DEV_AUDIENCE,
    consent: values.oidcConsent,
    clockToleranceS: values.oidcClockTolerance,
    isDevelopment: values.oidcIssuer === undefined,
    keep: values.keep && resolve(values.keep),
  };
}

/** The values of a command on the store: its own flags, and the store's location. @throws ConfigError */
export function loadStoreConfig<T extends typeof tables.deviceRevoke>(
  table: T,
  raw: RawSettings,
  more: (values: ValuesOf<T>) => (ConfigIssue | undefined)[] = () => [],
) {
  const values = read(table, raw, more);
  const store = storeConfig(values);
  const unusable = store.databaseUrl === undefined ? openDataDir(store.dataDir) : undefined;
  if (unusable !== undefined) throw new ConfigError([unusable]);
  return { ...values, ...store };
}

/**
 * The values of `visiona device list`, with the URL and secret of remote-proxy, which is not asked if there is no secret.
 * @throws ConfigError
 */
export function loadDeviceListConfig(raw: RawSettings) {
  const { proxyUrl: url, internalSecret, ...values } = loadStoreConfig(tables.deviceList, raw);
  const secret = internalSecret ?? readGenerated(values.dataDir, 'internal-secret');
  return { ...values, proxy: secret instanceof Secret ? { url, secret } : undefined };
}

/** The values of `visiona device add`, with the issuer of its user. @throws ConfigError */
export function loadDeviceAddConfig(raw: RawSettings) {
  const { oidcIssuer, devOpAddr, ...values } = loadStoreConfig(tables.deviceAdd, raw, (all) => [
    unknownIssuer(all.oidcIssuer, all.devOpAddr),
  ]);
  // The issuer is taken as it is written: it is compared letter by letter, and a URL adds a slash to a bare host.
  const written = readSetting(settings.oidcIssuer, raw);
  const text = written.ok ? written.text?.trim() : undefined;
  return { ...values, issuer: text ?? urlOf('http', devOpAddr) };
}
