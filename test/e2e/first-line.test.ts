import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withTempDir } from '../store/temp-dir.js';
import { Program } from './kit/program.js';

const ANY_PORT = '127.0.0.1:0';

// pino 10.4: a signal without a handler ends a process with all lines that wait to be written.
test('pino 10: a process that is told to stop right after its first line still writes the others', () =>
  withTempDir(async (dataDir) => {
    const proxy = new Program(['remote-proxy'], {
      VISIONA_DATA_DIR: dataDir,
      VISIONA_TUNNEL_ADDR: ANY_PORT,
      VISIONA_INTERNAL_ADDR: ANY_PORT,
      VISIONA_OPS_ADDR: ANY_PORT,
      VISIONA_HOSTS: '1',
      VISIONA_HOST: 'no such setting: it is warned of at once',
    });
    await proxy.lineWith({ level: 'warn', name: 'VISIONA_HOST' });
    proxy.signal('SIGTERM');
    const { code, stdout } = await proxy.exited;
    assert.equal(code, 0);
    assert.match(stdout, /"msg":"draining"/);
    assert.match(stdout, /"msg":"stopped"/);
  }));
