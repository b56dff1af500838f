// The echo is an actor that says back what it is told, and misbehaves on request.
import type { HostedKind } from '../../src/actors/host.js';
import type { Codec } from '../../src/actors/pack.js';

export const text: Codec<string> = {
  write: (message, out) => out.utf8(message),
  read: (from) => from.utf8(),
};

export type EchoAsks = {
  double: { request: number; response: number };
  pid: { request: null; response: number };
  never: { request: null; response: never };
};

/** A test actor: says back what it is told, and misbehaves on request. */
export const echo: HostedKind<string, string, string, null, EchoAsks> = { name: 'echo', in: text, out: text };
