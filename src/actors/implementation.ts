import type { Asks, NoAsks } from './behaviour.js';
import type { AnyImplementation, Implementation } from './host.js';

/**
 * Checks an implementation against its kind and hides the types, so that one host module can list several:
 * `export const implementations = [hosted({ kind, start })]`. What arrives was packed by the kind's own codecs and
 * typed references, which is what makes hiding the types safe.
 */
export function hosted<In, OutWritten, OutRead, Init, A extends Asks = NoAsks>(
  implementation: Implementation<In, OutWritten, OutRead, Init, A>,
): AnyImplementation {
  return implementation as unknown as AnyImplementation;
}
