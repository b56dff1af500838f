import type { Codec } from '../../src/actors/codec.js';
import type { HostedKind } from '../../src/actors/host.js';

export const text: Codec<string> = {
  write: (message, out) => out.utf8(message),
  read: (from) => from.utf8(),
};

/** How the test actor fails at its start. */
export interface EchoInit {
  readonly start?: 'throw' | 'reject' | 'slow';
}

export type EchoAsks = {
  double: { request: number; response: number };
  fail: { request: string; response: never };
  crash: { request: string; response: never };
  never: { request: null; response: never };
  counts: { request: null; response: { seen: number } };
};

/** A test actor: says back what it is told, and misbehaves on request. */
export const echo: HostedKind<string, string, string, EchoInit, EchoAsks> = {
  name: 'echo',
  in: text,
  out: text,
};
