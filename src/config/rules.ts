// A rule is a condition that two or more settings must fulfil together.
import { isIPv6 } from 'node:net';
import { type Address, formatAddress, isLoopback, isWildcard } from '../net/address.js';
import type { ConfigIssue } from './errors.js';
import { descriptorLimit, tunnelsWithin } from './process-limits.js';
import { type RawSettings, readSettings } from './read.js';
import type { SettingTable, ValuesOf } from './setting.js';
import { settings } from './settings.js';

type AllValues = ValuesOf<typeof settings>;
type Name = keyof AllValues;

/** A rule between settings; it is checked if a command reads all of them and each is valid. */
interface Rule {
  readonly about: readonly Name[];
  check(values: AllValues): ConfigIssue | undefined;
}

function rule<N extends Name>(
  about: readonly N[],
  check: (values: Pick<AllValues, N>) => ConfigIssue | undefined,
): Rule {
  return { about, check };
}

/** Whether two listeners would want the same port of the same address. */
function collide(one: Address, other: Address): boolean {
  if (one.port === 0 || one.port !== other.port) return false;
  const [host, otherHost] = [one.host, other.host];
  if (host === otherHost) return true;
  return isIPv6(host) === isIPv6(otherHost) && (isWildcard(host) || isWildcard(otherHost));
}

type AddressName = 'apiAddr' | 'tunnelAddr' | 'internalAddr' | 'opsAddr' | 'devOpAddr';

/** The rule that two listeners do not share a port. @param also settings that only processes with both listeners read */
function apart(one: AddressName, other: AddressName, also: readonly Name[] = []): Rule {
  return rule<Name>([one, other, ...also], (values) => {
    // The development provider does not listen if another provider is set.
    if (other === 'devOpAddr' && values.oidcIssuer !== undefined) return undefined;
    if (!collide(values[one], values[other])) return undefined;
    const problem = `${settings[one].env} is ${formatAddress(values[one])} already; give each a port of its own`;
    return { name: settings[other].env ?? other, problem };
  });
}

/**
 * The rules between listeners. api-server reads VISIONA_TUNNEL_ADDR too, to tell devices where to dial, and does not listen
 * there.
 */
const listeners: readonly Rule[] = [
  apart('apiAddr', 'tunnelAddr', ['internalAddr']),
  apart('apiAddr', 'internalAddr'),
  apart('apiAddr', 'opsAddr'),
  apart('apiAddr', 'devOpAddr'),
  apart('tunnelAddr', 'internalAddr'),
  apart('tunnelAddr', 'opsAddr', ['internalAddr']),
  apart('tunnelAddr', 'devOpAddr', ['internalAddr']),
  apart('internalAddr', 'opsAddr'),
  apart('internalAddr', 'devOpAddr'),
  apart('opsAddr', 'devOpAddr'),
];

const rules: readonly Rule[] = [
  ...listeners,
  rule(['heartbeatMs', 'idleTimeoutMs'], ({ heartbeatMs, idleTimeoutMs }) =>
    heartbeatMs < idleTimeoutMs
      ? undefined
      : {
          name: 'VISIONA_IDLE_TIMEOUT_MS',
          problem: `it must be longer than VISIONA_HEARTBEAT_MS (${heartbeatMs}); raise it, best to three times that or more`,
        },
  ),
  rule(['maxTunnels'], ({ maxTunnels }) => {
    const limit = descriptorLimit();
    const most = tunnelsWithin(limit);
    return maxTunnels <= most
      ? undefined
      : {
          name: 'VISIONA_MAX_TUNNELS',
          problem: `this process may open ${limit} files, which leaves room for ${most} tunnels; set that or less, or raise ulimit -n`,
        };
  }),
  rule(['apiAddr', 'publicUrl'], ({ apiAddr, publicUrl }) => {
    const wildcard = isWildcard(apiAddr.host);
    const plain = publicUrl === undefined ? !wildcard : publicUrl.protocol === 'http:';
    const host = publicUrl?.hostname ?? apiAddr.host;
    if (!plain || isLoopback(host)) return undefined;
    return {
      name: 'VISIONA_PUBLIC_URL',
      problem: `browsers send no secure cookie to http://${host}; put TLS in front and set an https:// URL`,
    };
  }),
  rule(['oidcIssuer'], ({ oidcIssuer }) =>
    oidcIssuer === undefined || oidcIssuer.protocol === 'https:' || isLoopback(oidcIssuer.hostname)
      ? undefined
      : { name: 'OIDC_ISSUER', problem: 'plain http is for loopback only; use an https:// URL' },
  ),
  rule(['oidcIssuer', 'oidcClientId'], ({ oidcIssuer, oidcClientId }) => {
    if ((oidcIssuer === undefined) === (oidcClientId === undefined)) return undefined;
    return oidcIssuer === undefined
      ? { name: 'OIDC_CLIENT_ID', problem: 'it is of no use without OIDC_ISSUER; set both or neither' }
      : { name: 'OIDC_ISSUER', problem: 'it is of no use without OIDC_CLIENT_ID; set both or neither' };
  }),
  rule(['oidcServiceClientId', 'oidcServiceClientSecret'], (values) =>
    (values.oidcServiceClientId === undefined) === (values.oidcServiceClientSecret === undefined)
      ? undefined
      : {
          name: 'OIDC_SERVICE_CLIENT_ID',
          problem: 'it and OIDC_SERVICE_CLIENT_SECRET belong together; set both or neither',
        },
  ),
  rule(['deviceToken', 'pair'], ({ deviceToken, pair }) =>
    deviceToken === undefined || pair === undefined
      ? undefined
      : {
          name: 'VISIONA_PAIR',
          problem: 'a device that has VISIONA_DEVICE_TOKEN is paired; leave one of them out',
        },
  ),
];

/**
 * Checks a command's values against the rules between them.
 * @param failed the settings that could not be read; rules about them are skipped
 */
export function checkRules(values: Partial<AllValues>, failed: ReadonlySet<string>): ConfigIssue[] {
  return rules
    .filter(({ about }) => about.every((name) => name in values && !failed.has(name)))
    .map((each) => each.check(values as AllValues))
    .filter((issue) => issue !== undefined);
}

/** Everything that is wrong with the values of a table, one by one and between them. */
export function findIssues(table: SettingTable, raw: RawSettings): ConfigIssue[] {
  const { values, issues, failed } = readSettings(table, raw);
  return [...issues, ...checkRules(values, failed)];
}

const INSTEAD = 'the development provider of `visiona up` signs anybody in; set it and OIDC_CLIENT_ID';

/** The addresses of `visiona up`: if one is reachable beyond loopback, the development provider would let anybody in. */
interface Reachable {
  readonly VISIONA_API_ADDR: Address;
  readonly VISIONA_TUNNEL_ADDR: Address;
  readonly VISIONA_INTERNAL_ADDR: Address;
  readonly VISIONA_DEV_OP_ADDR: Address;
  readonly VISIONA_PUBLIC_URL: URL | undefined;
}

/** Why the development OpenID provider may not run (03-identity §3.6); undefined: it may. */
export function devProviderIssue(reachable: Reachable, nodeEnv: string | undefined): ConfigIssue | undefined {
  if (nodeEnv === 'production') {
    return { name: 'OIDC_ISSUER', problem: `it must be set under NODE_ENV=production: ${INSTEAD}` };
  }
  const open = Object.entries(reachable).find(([, at]) => at !== undefined && !isLoopback(hostOf(at)));
  if (open === undefined) return undefined;
  return { name: 'OIDC_ISSUER', problem: `it must be set when ${open[0]} is not loopback: ${INSTEAD}` };
}

function hostOf(at: Address | URL): string {
  return at instanceof URL ? at.hostname : at.host;
}
