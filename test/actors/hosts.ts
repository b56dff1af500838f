// This file has both kinds of host, thread and process, as the shared suites see them.
import { after } from 'node:test';
import type { Host } from '../../src/actors/host.js';
import { startProcessHost } from '../../src/actors/hosting/process-host.js';
import type { HostOptions } from '../../src/actors/hosting/start-client.js';
import { ThreadHosts } from '../../src/actors/hosting/thread-host.js';

/** One kind of host, as the shared suites see it. */
export interface HostFlavour {
  readonly name: string;
  start(options?: Partial<HostOptions>): Promise<Host>;
}

const module = new URL('./echo-module.js', import.meta.url);

export function threadHosts(): HostFlavour {
  const hosts = new ThreadHosts(4, { maxOldGenerationSizeMb: 64 });
  after(() => hosts.close());
  return { name: 'thread', start: (options) => hosts.start({ name: 'test', module, ...options }) };
}

export function processHosts(): HostFlavour {
  const started: Host[] = [];
  after(() => Promise.all(started.map((host) => host.stop(1000))));
  return {
    name: 'process',
    start: async (options) => {
      const host = await startProcessHost({ name: 'test', module, heapMb: 64, ...options });
      started.push(host);
      return host;
    },
  };
}
