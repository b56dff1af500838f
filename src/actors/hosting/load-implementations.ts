import type { AnyImplementation, HostModule } from '../host.js';

/** Imports a host module. Rejects when it fails to load or exports no `implementations`. */
export async function loadImplementations(
  module: string,
  data: unknown,
): Promise<readonly AnyImplementation[]> {
  const { implementations }: Partial<HostModule> = await import(module);
  if (implementations === undefined) throw new TypeError(`${module} does not export "implementations"`);
  return typeof implementations === 'function' ? implementations(data) : implementations;
}
