// This file registers and starts the REST side of a process: sign-in, devices, routes, and the listener that callers reach.
import type { DependencyContainer } from 'tsyringe';
import { endedSignIns } from '../../auth/sessions.js';
import type { OidcConfig, RestConfig } from '../../config/types.js';
import { DeviceClient } from '../../devices/client/device-client.js';
import { DeviceLookup } from '../../devices/own-device.js';
import { PAIRING_ATTEMPTS_OF_ADDRESS, PAIRING_ATTEMPTS_WITH_CODE, Pairing } from '../../devices/pairing.js';
import { ActiveRequests } from '../../http/active-requests.js';
import { RestListener } from '../../http/api/rest.js';
import { restRoutes } from '../../http/api/routes.js';
import type { SharedParts } from '../../http/http-context.js';
import { Router } from '../../http/router.js';
import { SharedLimit } from '../../limits/shared-limit.js';
import { WriteAllowance } from '../../limits/write-allowance.js';
import { isLoopback, urlOf } from '../../net/address.js';
import type { Logger } from '../../observability/log.js';
import { BridgedSockets } from '../../server/bridged-sockets.js';
import type { AttemptPort } from '../../store/ports/attempts.js';
import type { Lifecycle } from '../process/lifecycle.js';
import { joinedKeys } from '../process/session-secret.js';
import { provide, provideBy } from './provide.js';
import { provideNoSignIn, provideSignIn } from './sign-in.js';
import { T } from './tokens.js';

/**
 * Registers all parts but those that are made during the start: sign-in (see {@link resolveSignIn}), and the URLs, which may have
 * bound ports in them (see {@link startRestSide}).
 */
export function provideRestSide(c: DependencyContainer, config: RestConfig): void {
  c.registerInstance(T.apiAddr, config.apiAddr);
  c.registerInstance(T.userWrites, config.userWrites);
  c.register(T.restStore, { useToken: T.store });
  c.register(T.authStore, { useToken: T.store });
  provide(c, T.devices, DeviceLookup, [T.restStore]);
  provide(c, T.deviceClient, DeviceClient, [T.forwarder]);
  providePairing(c);
  provide(c, T.activeRequests, ActiveRequests, []);
  provide(c, T.writes, WriteAllowance, [T.userWrites, T.metrics]);
  provide(c, T.sockets, BridgedSockets, []);
  provideRoutes(c);
  provide(c, T.rest, RestListener, [
    { address: T.apiAddr, sockets: T.sockets, calls: T.calls, readiness: T.readiness },
  ]);
}

function providePairing(c: DependencyContainer): void {
  const addresses = (store: AttemptPort) =>
    new SharedLimit('pairing-address', PAIRING_ATTEMPTS_OF_ADDRESS, store);
  const codes = (store: AttemptPort) => new SharedLimit('pairing-code', PAIRING_ATTEMPTS_WITH_CODE, store);
  provideBy(c, T.pairingAddresses, addresses, [T.restStore]);
  provideBy(c, T.pairingCodes, codes, [T.restStore]);
  provide(c, T.pairing, Pairing, [
    {
      store: T.restStore,
      addresses: T.pairingAddresses,
      codes: T.pairingCodes,
      refusals: T.refusals,
      log: T.log,
    },
  ]);
}

function provideRoutes(c: DependencyContainer): void {
  const scheme = ({ protocol }: URL) => (protocol === 'https:' ? 'https' : 'http');
  provideBy(c, T.scheme, scheme, [T.publicUrl]);
  provideBy(c, T.ownOrigin, ({ origin }: URL) => origin, [T.publicUrl]);
  provideBy(c, T.routes, restRoutes, [
    {
      proxies: T.trustedProxies,
      writes: T.writes,
      store: T.restStore,
      sessions: T.userSessions,
      devices: T.devices,
      forwarder: T.forwarder,
      client: T.deviceClient,
      calls: T.calls,
      open: T.activeRequests,
      scheme: T.scheme,
      readiness: T.readiness,
      metrics: T.metrics,
      refusals: T.refusals,
      accounts: T.accounts,
      pairing: T.pairing,
      tunnelUrl: T.tunnelUrl,
    },
  ]);
  provideBy(c, T.sharedParts, (parts: SharedParts) => parts, [
    { log: T.requests, proxies: T.trustedProxies, writes: T.writes },
  ]);
  provide(c, T.router, Router, [
    {
      routes: T.routes,
      authenticator: T.authenticator,
      ownOrigin: T.ownOrigin,
      sockets: T.sockets,
      readiness: T.readiness,
      shared: T.sharedParts,
    },
  ]);
}

/**
 * Registers sign-in once the store has said which keys sign cookies.
 * @param oidc undefined: nobody can sign in
 * @throws CodedError ERR_SESSION_SECRET, ConfigError: see {@link joinedKeys}
 */
export async function resolveSignIn(
  c: DependencyContainer,
  config: RestConfig,
  oidc: OidcConfig | undefined,
): Promise<void> {
  const log = c.resolve(T.log);
  if (oidc === undefined) {
    log.warn('nobody can sign in: OIDC_ISSUER and OIDC_CLIENT_ID are not set');
    provideNoSignIn(c);
  } else provideSignIn(c, oidc, await joinedKeys(config, c.resolve(T.store), log));
}

/**
 * Opens the listener and serves the routes. If no public URL is configured, the listener's address is used.
 * @param tunnelUrl the URL of the tunnel listener, as far as known
 * @throws ListenError
 */
export async function startRestSide(
  c: DependencyContainer,
  lifecycle: Lifecycle,
  config: RestConfig,
  tunnelUrl: string,
): Promise<RestListener> {
  const rest = c.resolve(T.rest);
  c.registerInstance(T.tunnelUrl, dialledUrl(config, tunnelUrl, c.resolve(T.log)));
  await lifecycle.start('REST API', { start: () => rest.start(), stop: () => rest.close() });
  c.registerInstance(T.publicUrl, config.publicUrl ?? new URL(urlOf('http', config.apiAddr, rest.port)));
  rest.serve(c.resolve(T.router));
  await lifecycle.start('changes for the REST side', { start: () => followChanges(c), stop: (end) => end() });
  // Discovery logs a failure, and the first sign-in asks again.
  if (config.oidc !== undefined) {
    const provider = c.resolve(T.provider);
    provider.metadata().catch(() => {});
  }
  return rest;
}

/** Drops cached and open parts of each session or device that any process has ended. @returns a function that ends this */
function followChanges(c: DependencyContainer): () => void {
  const [accounts, devices, active] = [
    c.resolve(T.accounts),
    c.resolve(T.devices),
    c.resolve(T.activeRequests),
  ];
  return c.resolve(T.restStore).onChanges((changes) => {
    accounts?.sessions.changed(changes);
    devices.changed(changes);
    const signIns = endedSignIns(changes);
    if (signIns === undefined || signIns.size > 0) active.ended(signIns);
  });
}

/** The URL that devices are told to dial when they are paired. @param bound the URL of the tunnel listener, as far as known */
function dialledUrl({ tunnelUrl, publicUrl }: RestConfig, bound: string, log: Logger): URL {
  const url = tunnelUrl ?? new URL(bound);
  if (publicUrl !== undefined && !isLoopback(publicUrl.hostname) && isLoopback(url.hostname)) {
    log.warn(
      { tunnelUrl: url.href },
      'devices that are paired will dial themselves: set VISIONA_TUNNEL_URL to what reaches remote-proxy from outside',
    );
  }
  return url;
}
