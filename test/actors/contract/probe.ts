// A probe is a kind of actor whose start the test writes itself.
import type { Asks, Behaviour, NoAsks } from '../../../src/actors/behaviour.js';
import type { AnyImplementation, HostedContext, HostedKind } from '../../../src/actors/host.js';
import { hosted } from '../../../src/actors/host.js';
import type { Codec } from '../../../src/actors/pack.js';
import { text } from '../echo-kind.js';

export { text };

export const bytes: Codec<Buffer> = {
  write: (message, out) => out.raw(message),
  read: (from) => from.rest(),
};

export type Probe<A extends Asks = NoAsks> = HostedKind<string, string, string, null, A>;

/** A kind of actor whose start the test writes itself; for hosts in the test's own thread. */
export function probe<A extends Asks = NoAsks>(
  start: (context: HostedContext<string, string>) => Behaviour<string, A> | Promise<Behaviour<string, A>>,
): { readonly kind: Probe<A>; readonly implementation: AnyImplementation } {
  const kind: Probe<A> = { name: 'probe', in: text, out: text };
  return { kind, implementation: hosted({ kind, start: (_init, context) => start(context) }) };
}
