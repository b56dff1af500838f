// This file defines the messages between the development provider's thread and its owner.
import type { SerializedError } from '../../actors/errors.js';
import type { HostedKind } from '../../actors/host.js';
import type { Address } from '../../net/address.js';

/** The settings of the provider's actor. `secret` is plain text, since a `Secret` does not cross threads. */
export interface DevProviderInit {
  readonly address: Address;
  readonly secret: string;
  readonly audience: string;
  /** The URL that the provider sends browsers back to. Absent: the provider waits for `serve`. */
  readonly publicUrl?: string;
}

/** A line for the log of the process. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields?: Readonly<Record<string, string>>;
  readonly error?: SerializedError;
  readonly text: string;
}

/** `port` answers the port in use. `serve` begins to serve; its request is the URL that browsers are sent back to. */
export type DevProviderAsks = {
  readonly port: { request: undefined; response: number };
  readonly serve: { request: string; response: undefined };
};

/** The development OpenID provider as an actor. It sends log lines to its owner. */
export const DEV_PROVIDER_KIND: HostedKind<never, LogLine, LogLine, DevProviderInit, DevProviderAsks> = {
  name: 'development provider',
  in: {
    write: () => {},
    read: () => {
      throw new TypeError('the development provider is asked, not told');
    },
  },
  out: {
    write: (line, out) => out.utf8(JSON.stringify(line)),
    read: (from): LogLine => JSON.parse(from.utf8()),
  },
};

/** Writes a log line of the provider. */
export type WriteLine = (line: LogLine) => void;
