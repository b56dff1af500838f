// These types hold the configuration of each command, complete and checked.
import type { BlockList } from 'node:net';
import type { Address } from '../net/address.js';
import type { Secret } from '../text/secret.js';

/** The log's level and format. */
export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Undefined: pretty on a terminal, else JSON. */
  readonly format: 'json' | 'pretty' | undefined;
}

/** Where durable data is kept. */
export interface StoreConfig {
  /** Absolute. */
  readonly dataDir: string;
  /** The URL of PostgreSQL; undefined: the embedded store is used. */
  readonly databaseUrl: Secret | undefined;
  /** The most connections to PostgreSQL. */
  readonly databasePool: number;
}

/** Where the operations listener binds. */
export interface OpsConfig {
  readonly opsAddr: Address;
}

/** The most connections of one process to PostgreSQL: a server that takes a hundred has room for several processes. */
export const DEFAULT_DATABASE_POOL = 10;

/** The settings of a process that listens, on either side. */
export interface ListenerConfig extends StoreConfig, OpsConfig {
  readonly log: LogConfig;
  /** Whether every request gets a line in the log. */
  readonly accessLog: boolean;
  /** How many bytes of devices' answers callers may leave unread. */
  readonly unreadBytes: number;
  /** Proxies whose X-Forwarded-For is believed; undefined: there are none. */
  readonly trustedProxies: BlockList | undefined;
}

/** The configuration of remote-proxy. */
export interface ProxyConfig extends ListenerConfig {
  readonly tunnelAddr: Address;
  readonly internalAddr: Address;
  readonly internalSecret: Secret;
  /** How many session host threads there are. */
  readonly hosts: number;
  /** How many tunnels there may be at once. */
  readonly maxTunnels: number;
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
}

/** The settings for any OpenID provider. */
export interface OidcPolicy {
  readonly scopes: readonly string[];
  /** Whether the user is asked for consent where refresh tokens need it. */
  readonly consent: 'auto' | 'never';
  /** By how much the provider's clock may differ from ours, in seconds. */
  readonly clockToleranceS: number;
  /** How long the provider's discovery document and keys are cached, in seconds. */
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

/** The configuration of the REST side, in whichever process it runs. */
export interface RestConfig extends ListenerConfig {
  readonly apiAddr: Address;
  /**
   * Where browsers and clients reach the REST API. Undefined: the URL is made of the REST address, whose port is known once
   * it is bound.
   */
  readonly publicUrl: URL | undefined;
  /**
   * The URL that devices are told to dial. Undefined: it is made of the tunnel address, whose port is known once it is
   * bound.
   */
  readonly tunnelUrl: URL | undefined;
  /** Undefined: no provider is configured. */
  readonly oidc: OidcConfig | undefined;
  /** How many changes one user may make in a minute. */
  readonly userWrites: number;
  /**
   * The first secret signs, all verify; never empty. Undefined: the secret of the data directory is used, and made if there
   * is none.
   */
  readonly sessionSecrets: readonly Secret[] | undefined;
}

/** The configuration of api-server. */
export interface ApiConfig extends RestConfig {
  readonly proxyUrl: URL;
  readonly internalSecret: Secret;
}

/** The development OpenID provider, which lets anybody in. */
export interface DevProviderConfig {
  readonly address: Address;
  /** The secret that its keys are derived from. */
  readonly secret: Secret;
  /** The policy, which has the same settings as for any other provider. */
  readonly policy: OidcPolicy;
  /** The audience of access tokens for REST clients. */
  readonly audience: string;
}

/** The audience of the development provider's access tokens: a resource indicator is an absolute URI (RFC 8707). */
export const DEV_AUDIENCE = 'urn:visiona:api';

/** The client id of this installation at the development provider. */
export const DEV_CLIENT_ID = 'visiona';

/** The provider at which a REST client gets an access token, and the client that it is there. */
export interface TokenConfig
  extends Pick<OidcConfig, 'issuer' | 'clientId' | 'clientSecret' | 'consent' | 'clockToleranceS'> {
  readonly audience: string;
  /** True if no provider is configured: the development provider of `visiona up` on this machine is used. */
  readonly isDevelopment: boolean;
  /** The absolute path of the file for a refresh token; undefined: no refresh token is kept. */
  readonly keep: string | undefined;
}

/** The configuration of `up`, which runs both sides in one process. */
export interface UpConfig extends RestConfig, ProxyConfig {
  /** Undefined: users sign in at the provider in `oidc`. */
  readonly devProvider: DevProviderConfig | undefined;
}

/** The configuration of the agent. */
export interface AgentConfig {
  readonly log: LogConfig;
  /** Where to dial. Undefined: the URL that pairing answered, else {@link DEFAULT_TUNNEL_URL}. */
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
