import { type Address, isLoopback } from '../net/address.js';
import type { ConfigIssue } from './errors.js';

/** What is reached from elsewhere would be open to everybody there. */
export interface Reachable {
  readonly VISIONA_API_ADDR: Address;
  readonly VISIONA_TUNNEL_ADDR: Address;
  readonly VISIONA_INTERNAL_ADDR: Address;
  readonly VISIONA_DEV_OP_ADDR: Address;
  readonly VISIONA_PUBLIC_URL: URL | undefined;
}

const INSTEAD = 'the development provider of `visiona up` signs anybody in; set it and OIDC_CLIENT_ID';

/** Why the development OpenID provider may not run (03-identity §3.6); undefined: it may. */
export function devProviderMistake(
  reachable: Reachable,
  nodeEnv: string | undefined,
): ConfigIssue | undefined {
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
