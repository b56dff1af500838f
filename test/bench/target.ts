// This file has the server that load generators call in tests, and their programs.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What a load generator calls. */
export interface Target {
  readonly server: Server;
  readonly origin: string;
}

/** A server that ends with the test, and breaks what is connected then. */
export async function startTarget(t: TestContext, listener: RequestListener): Promise<Target> {
  const server = createServer(listener);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A file as `writeCalls` writes them, with one call. */
export async function callFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'visiona-load-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'requests.txt');
  await writeFile(file, 'X: y\n\nGET /hello\n');
  return file;
}

/** The program of a load generator. */
export function generator(name: 'open-loop' | 'transfer'): string {
  return fileURLToPath(new URL(`../../bench/load/${name}.js`, import.meta.url));
}
