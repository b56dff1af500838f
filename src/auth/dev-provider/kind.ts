import type { SerializedError } from '../../actors/errors.js';
import type { HostedKind } from '../../actors/host.js';
import type { Address } from '../../net/address.js';

/** What the provider is started with; secrets as they are, since a `Secret` does not cross threads. */
export interface DevProviderInit {
  readonly address: Address;
  readonly secret: string;
  readonly audience: string;
  /** Where it sends browsers back to. Absent: it waits to be told. */
  readonly publicUrl?: string;
}

/** A line for the log of the process. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields?: Readonly<Record<string, string>>;
  readonly error?: SerializedError;
  readonly text: string;
}

/** `port`: which one it has. `serve`: begins to, with where it sends browsers back to. */
export type DevProviderAsks = {
  readonly port: { request: undefined; response: number };
  readonly serve: { request: string; response: undefined };
};

/** The development OpenID provider as an actor. To its owner it sends what belongs in the log. */
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

/** What takes its log lines. */
export type WriteLine = (line: LogLine) => void;
