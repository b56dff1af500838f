// This file reads a provider's discovery document.
import type { ServerMetadata } from 'openid-client';
import { ProviderError } from './provider-error.js';

/** A provider's endpoints. All are absolute URLs, and use TLS if the issuer does. */
export interface Endpoints {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly userinfo_endpoint: string | undefined;
  readonly revocation_endpoint: string | undefined;
  readonly end_session_endpoint: string | undefined;
  readonly device_authorization_endpoint: string | undefined;
}

/** The part of a discovery document that the product uses. */
export interface ProviderMetadata {
  readonly issuer: string;
  /** Whether the provider's answers to browsers name their issuer (RFC 9207). */
  readonly namesItself: boolean;
  readonly endpoints: Endpoints;
  /** A sentence for each optional member that is wrong. */
  readonly flaws: readonly string[];
}

/**
 * Reads a discovery document of which only the issuer has been checked.
 * @throws ProviderError ERR_PROVIDER_ANSWER a required endpoint is missing or wrong (OpenID Connect Discovery §3)
 */
export function readMetadata(document: ServerMetadata): ProviderMetadata {
  const { issuer } = document;
  const flaws: string[] = [];
  const required = (name: keyof Endpoints): string => {
    const endpoint = readEndpoint(document[name], issuer);
    if (endpoint instanceof URL) return endpoint.href;
    throw new ProviderError('ERR_PROVIDER_ANSWER', flawOf(name, endpoint));
  };
  const optional = (name: keyof Endpoints): string | undefined => {
    const endpoint = readEndpoint(document[name], issuer);
    if (endpoint instanceof URL) return endpoint.href;
    if (endpoint !== MISSING) flaws.push(flawOf(name, endpoint));
    return undefined;
  };
  const endpoints = {
    authorization_endpoint: required('authorization_endpoint'),
    token_endpoint: required('token_endpoint'),
    jwks_uri: required('jwks_uri'),
    userinfo_endpoint: optional('userinfo_endpoint'),
    revocation_endpoint: optional('revocation_endpoint'),
    end_session_endpoint: optional('end_session_endpoint'),
    device_authorization_endpoint: optional('device_authorization_endpoint'),
  };
  const namesItself = document.authorization_response_iss_parameter_supported === true;
  return { issuer, namesItself, endpoints, flaws };
}

const MISSING = 'is missing';

/** The endpoint's URL; or, as text, the fault of `given`. */
function readEndpoint(given: unknown, issuer: string): URL | string {
  // Some providers write null for an endpoint that they do not have.
  if (given === undefined || given === null) return MISSING;
  if (typeof given !== 'string' || !URL.canParse(given)) return 'is no absolute URL';
  const url = new URL(given);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && issuer.startsWith('http:'))) return url;
  return 'is not on https';
}

function flawOf(name: string, problem: string): string {
  return `the ${name} in its discovery document ${problem}`;
}
