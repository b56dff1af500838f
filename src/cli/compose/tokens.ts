// This file has a token for each part that the container of a process makes.
import type { Clock } from '../../actors/clock.js';
import type { RefusalAudit } from '../../audit/refusal-audit.js';
import type { AuthStore, SignInServices } from '../../auth/auth.js';
import type { Authenticator } from '../../auth/authenticator.js';
import type { BearerTokens } from '../../auth/bearer.js';
import type { CookieCodec } from '../../auth/cookie.js';
import type { CookieKeys } from '../../auth/cookie-keys.js';
import type { Provider } from '../../auth/provider.js';
import type { Refresher } from '../../auth/refresher.js';
import type { Sealer } from '../../auth/seal.js';
import type { Sessions } from '../../auth/sessions.js';
import type { Lifetimes, SignInFlow } from '../../auth/sign-in.js';
import type { SignOut } from '../../auth/sign-out.js';
import type { TokenKeeping } from '../../auth/token-keeping.js';
import type { TokenRevocation } from '../../auth/token-revocation.js';
import type { Forwarder } from '../../contract/call.js';
import type { UserSessions } from '../../contract/session.js';
import type { BridgeForwarder } from '../../contract/websocket.js';
import type { DeviceClient } from '../../devices/client/device-client.js';
import type { DeviceLookup } from '../../devices/own-device.js';
import type { Pairing } from '../../devices/pairing.js';
import type { ActiveRequests } from '../../http/active-requests.js';
import type { RestListener, RestStore } from '../../http/api/rest.js';
import type { SharedParts } from '../../http/http-context.js';
import type { Route } from '../../http/route.js';
import type { Router } from '../../http/router.js';
import type { SharedLimit } from '../../limits/shared-limit.js';
import type { WriteAllowance } from '../../limits/write-allowance.js';
import type { Address } from '../../net/address.js';
import type { Exposition } from '../../observability/exposition.js';
import type { Logger } from '../../observability/log.js';
import type { Metrics } from '../../observability/metrics.js';
import type { StoreRecorder } from '../../observability/store-recorder.js';
import type { OpsListener } from '../../ops/ops-listener.js';
import type { BridgedSockets } from '../../server/bridged-sockets.js';
import type { CallRecorder } from '../../server/call-recorder.js';
import type { Readiness } from '../../server/readiness.js';
import type { RequestLog } from '../../server/request-log.js';
import type { TrustedProxies } from '../../server/trusted-proxies.js';
import type { StoreClient } from '../../store/client/store-client.js';
import type { StoreLocation } from '../../store/location.js';
import type { Secret } from '../../text/secret.js';
import type { UnreadBudget } from '../../tunnel/forward/unread-budget.js';
import type { InternalApi } from '../../tunnel/internal/internal-api.js';
import type { SessionRoutes } from '../../tunnel/internal/session-routes.js';
import type { AdmissionControl } from '../../tunnel/listener/admission.js';
import type { OfflineRecorder } from '../../tunnel/listener/offline-recorder.js';
import type { RefusedDials } from '../../tunnel/listener/refused-dials.js';
import type { Revocations } from '../../tunnel/listener/revocations.js';
import type { TunnelListener } from '../../tunnel/listener/tunnel-listener.js';
import type { NodeLease } from '../../tunnel/node/node-lease.js';
import type { SessionPlane } from '../../tunnel/node/session-plane.js';
import type { TunnelDrain, TunnelStore } from '../../tunnel/node/tunnel-side.js';
import type { RegistryStore } from '../../tunnel/registry/registry-store.js';
import type { SessionRegistryRef } from '../../tunnel/registry/session-registry.js';
import type { HttpProxyClient } from '../../tunnel/remote/proxy-client.js';
import type { ProxyClientStore } from '../../tunnel/remote/proxy-client-store.js';
import type { ProxyForwarder } from '../../tunnel/remote/proxy-forwarder.js';
import type { ProxyPool } from '../../tunnel/remote/proxy-pool.js';
import type { ProxyWatch } from '../../tunnel/remote/proxy-watch.js';
import type { SessionHosts } from '../../tunnel/session/main/session-hosts.js';
import type { SessionInit } from '../../tunnel/session/wire/kind.js';
import type { SupervisedStore } from '../process/supervised-store.js';
import { token } from './provide.js';

/** The tokens, each with the type that is registered under it. */
export const T = {
  // These are settings.
  accessLog: token<boolean>('accessLog'),
  opsAddr: token<Address>('opsAddr'),
  storeLocation: token<StoreLocation>('storeLocation'),
  tunnelAddr: token<Address>('tunnelAddr'),
  internalAddr: token<Address>('internalAddr'),
  internalSecret: token<Secret>('internalSecret'),
  proxyUrl: token<URL>('proxyUrl'),
  nodeId: token<string>('nodeId'),
  hostThreads: token<number>('hostThreads'),
  maxTunnels: token<number>('maxTunnels'),
  idleTimeoutMs: token<number>('idleTimeoutMs'),
  sessionInit: token<SessionInit>('sessionInit'),
  unreadBytes: token<number>('unreadBytes'),

  // These are the parts of every process.
  clock: token<Clock>('clock'),
  log: token<Logger>('log'),
  metrics: token<Metrics>('metrics'),
  exposition: token<Exposition>('exposition'),
  refusalAudit: token<RefusalAudit>('refusalAudit'),
  refusals: token<Pick<RefusalAudit, 'record' | 'pairing'>>('refusals'),
  requests: token<RequestLog>('requests'),
  trustedProxies: token<TrustedProxies>('trustedProxies'),
  calls: token<CallRecorder>('calls'),
  unreadBudget: token<UnreadBudget>('unreadBudget'),
  readiness: token<Readiness>('readiness'),
  ops: token<OpsListener>('ops'),
  storeRecorder: token<StoreRecorder>('storeRecorder'),
  store: token<StoreClient>('store'),
  supervisedStore: token<SupervisedStore>('supervisedStore'),

  // These are the parts that call devices: of this process, or through remote-proxy.
  forwarder: token<Forwarder & BridgeForwarder>('forwarder'),
  userSessions: token<UserSessions>('userSessions'),

  // These are the parts of the tunnel side.
  tunnelStore: token<TunnelStore>('tunnelStore'),
  lease: token<NodeLease>('lease'),
  sessionHosts: token<SessionHosts>('sessionHosts'),
  registry: token<SessionRegistryRef>('registry'),
  registryStore: token<RegistryStore>('registryStore'),
  sessionPlane: token<SessionPlane>('sessionPlane'),
  admission: token<AdmissionControl>('admission'),
  offline: token<OfflineRecorder>('offline'),
  refusedDials: token<RefusedDials>('refusedDials'),
  revocations: token<Revocations>('revocations'),
  sessionRoutes: token<SessionRoutes>('sessionRoutes'),
  internalSockets: token<BridgedSockets>('internalSockets'),
  internalApi: token<InternalApi>('internalApi'),
  tunnels: token<TunnelListener>('tunnels'),
  tunnelDrain: token<TunnelDrain>('tunnelDrain'),

  // These are the parts of the REST side.
  apiAddr: token<Address>('apiAddr'),
  userWrites: token<number>('userWrites'),
  publicUrl: token<URL>('publicUrl'),
  tunnelUrl: token<URL>('tunnelUrl'),
  scheme: token<'http' | 'https'>('scheme'),
  ownOrigin: token<string>('ownOrigin'),
  restStore: token<RestStore>('restStore'),
  devices: token<DeviceLookup>('devices'),
  deviceClient: token<DeviceClient>('deviceClient'),
  pairingAddresses: token<SharedLimit>('pairingAddresses'),
  pairingCodes: token<SharedLimit>('pairingCodes'),
  pairing: token<Pairing>('pairing'),
  activeRequests: token<ActiveRequests>('activeRequests'),
  writes: token<WriteAllowance>('writes'),
  sockets: token<BridgedSockets>('sockets'),
  routes: token<readonly Route[]>('routes'),
  sharedParts: token<SharedParts>('sharedParts'),
  router: token<Router>('router'),
  rest: token<RestListener>('rest'),

  // These are the parts of sign-in.
  authenticator: token<Authenticator>('authenticator'),
  accounts: token<SignInServices | undefined>('accounts'),
  authStore: token<AuthStore>('authStore'),
  cookieKeys: token<CookieKeys>('cookieKeys'),
  lifetimes: token<Lifetimes>('lifetimes'),
  cookies: token<CookieCodec>('cookies'),
  sealer: token<Sealer>('sealer'),
  provider: token<Provider>('provider'),
  tokenRevocation: token<TokenRevocation>('tokenRevocation'),
  tokenKeeping: token<TokenKeeping>('tokenKeeping'),
  refresher: token<Refresher>('refresher'),
  sessions: token<Sessions>('sessions'),
  bearer: token<BearerTokens | undefined>('bearer'),
  signIn: token<SignInFlow>('signIn'),
  signOut: token<SignOut>('signOut'),
  signInStarts: token<SharedLimit>('signInStarts'),

  // These are the parts that reach remote-proxy.
  proxyPool: token<ProxyPool>('proxyPool'),
  proxyClient: token<HttpProxyClient>('proxyClient'),
  proxyClientStore: token<ProxyClientStore>('proxyClientStore'),
  proxyForwarder: token<ProxyForwarder>('proxyForwarder'),
  proxyWatch: token<ProxyWatch>('proxyWatch'),
} as const;
