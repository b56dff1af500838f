// A command gets its configuration in these types, whole and checked.
import type { BlockList } from 'node:net';
import type { Address } from '../net/address.js';
import type { Secret } from '../text/secret.js';

/** The log's level and looks. */
export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Undefined: pretty on a terminal, else JSON. */
  readonly format: 'json' | 'pretty' | undefined;
}

/** Where durable data is. */
export interface StoreConfig {
  /** Absolute. */
  readonly dataDir: string;
  /** PostgreSQL instead of the embedded store. */
  readonly databaseUrl: Secret | undefined;
  /** The most connections to it. */
  readonly databasePool: number;
}

/** Where the operations listener binds. */
export interface OpsConfig {
  readonly opsAddr: Address;
}

/** Connections of one process to PostgreSQL: a server that takes a hundred has room for several processes. */
export const DEFAULT_DATABASE_POOL = 10;

/** The settings of a process that listens, on either side. */
export interface ListenerConfig extends StoreConfig, OpsConfig {
  readonly log: LogConfig;
  /** Every request is a line of the log. */
  readonly accessLog: boolean;
  /** How much callers may leave unread of what devices answer, in bytes. */
  readonly unreadBytes: number;
  /** Proxies whose X-Forwarded-For is believed; undefined: there are none. */
  readonly trustedProxies: BlockList | undefined;
}

/** What remote-proxy needs. */
export interface ProxyConfig extends ListenerConfig {
  readonly tunnelAddr: Address;
  readonly internalAddr: Address;
  readonly internalSecret: Secret;
  /** Session host threads. */
  readonly hosts: number;
  /** Tunnels there may be at once. */
  readonly maxTunnels: number;
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
}

/** How any OpenID provider is dealt with. */
export interface OidcPolicy {
  readonly scopes: readonly string[];
  /** Whether the user is asked for consent where refresh tokens need it. */
  readonly consent: 'auto' | 'never';
  /** By how much its clock may differ from ours, in seconds. */
  readonly clockToleranceS: number;
  /** How long its discovery document and keys are believed, in seconds. */
  readonly discoveryRefreshS: number;
}

/** How users sign in. */
export interface OidcConfig extends OidcPolicy {
  readonly issuer: URL;
  readonly clientId: string;
  /** Undefined: a public client. */
  readonly clientSecret: Secret | undefined;
  /** Undefined: no bearer tokens. */
  readonly audience: string | undefined;
}

/** What the REST side needs, wherever it runs. */
export interface RestConfig extends ListenerConfig {
  readonly apiAddr: Address;
  /** Undefined: from the REST address, whose port is known once it is bound. */
  readonly publicUrl: URL | undefined;
  /** What devices are told to dial. Undefined: from the tunnel address, whose port is known once it is bound. */
  readonly tunnelUrl: URL | undefined;
  /** Undefined: no provider is configured. */
  readonly oidc: OidcConfig | undefined;
  /** Changes of one user in a minute. */
  readonly userWrites: number;
  /** The first signs, all verify; never empty. Undefined: that of the data directory, which is made where there is none. */
  readonly sessionSecrets: readonly Secret[] | undefined;
}

/** What api-server needs. */
export interface ApiConfig extends RestConfig {
  readonly proxyUrl: URL;
  readonly internalSecret: Secret;
}

/** The development OpenID provider, which lets anybody in. */
export interface DevProviderConfig {
  readonly address: Address;
  /** The secret that its keys are derived from. */
  readonly secret: Secret;
  /** The policy, as for any other provider. */
  readonly policy: OidcPolicy;
  /** The audience of access tokens for REST clients. */
  readonly audience: string;
}

/** The audience of the development provider's access tokens: a resource indicator is an absolute URI (RFC 8707). */
export const DEV_AUDIENCE = 'urn:visiona:api';

/** The client that this installation is to the development provider. */
export const DEV_CLIENT_ID = 'visiona';

/** Where and as whom a REST client gets an access token. */
export interface TokenConfig
  extends Pick<OidcConfig, 'issuer' | 'clientId' | 'clientSecret' | 'consent' | 'clockToleranceS'> {
  readonly audience: string;
  /** True if no provider is configured: it is the development provider of `visiona up` on this machine. */
  readonly isDevelopment: boolean;
  /** Where a refresh token is kept, absolute; undefined: none is. */
  readonly keep: string | undefined;
}

/** What `up` needs: both sides in one process. */
export interface UpConfig extends RestConfig, ProxyConfig {
  /** Undefined: users sign in at the provider in `oidc`. */
  readonly devProvider: DevProviderConfig | undefined;
}

/** What the agent needs. */
export interface AgentConfig {
  readonly log: LogConfig;
  /** Undefined: as pairing answered, else {@link DEFAULT_TUNNEL_URL}. */
  readonly tunnelUrl: URL | undefined;
  /** Where pairing codes are exchanged. */
  readonly publicUrl: URL;
  /** A pairing code to exchange. */
  readonly pair: Secret | undefined;
  /** A session token given by the operator; undefined: read from `tokenFile`. */
  readonly deviceToken: Secret | undefined;
  /** Absolute. */
  readonly tokenFile: string;
  readonly target: URL;
  readonly simulate: boolean;
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
}

/** The REST API that the agent asks by default: on the same machine. */
export const DEFAULT_PUBLIC_URL = 'http://127.0.0.1:3721';

/** The tunnel that the agent dials by default: a proxy on the same machine. */
export const DEFAULT_TUNNEL_URL = 'ws://127.0.0.1:3800';
