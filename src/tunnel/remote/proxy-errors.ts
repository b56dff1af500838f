import { CodedError } from '../../actors/errors.js';

/** remote-proxy did not answer, or answered what it never should. Nothing is known of the session. */
export class ProxyUnreachableError extends CodedError {
  constructor(why: string, options?: ErrorOptions) {
    super('ERR_PROXY_UNREACHABLE', `the tunnel proxy cannot be reached: ${why}`, options);
  }
}

/** remote-proxy was told to do something, and did not say whether it did. */
export class ProxyBrokeOffError extends CodedError {
  constructor(why: string, options?: ErrorOptions) {
    super('ERR_PROXY_BROKE_OFF', `the tunnel proxy broke off: ${why}`, options);
  }
}

/** remote-proxy answered that it cannot serve now. */
export class ProxyUnreadyError extends ProxyUnreachableError {
  constructor() {
    super('it is not ready to serve');
  }
}

/** remote-proxy does not take our internal secret: the two processes are configured with different ones. */
export class ProxyRefusedError extends CodedError {
  constructor() {
    super('ERR_PROXY_REFUSED', 'the tunnel proxy refused the internal secret');
  }
}
