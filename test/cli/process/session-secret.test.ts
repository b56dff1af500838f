import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { joinedKeys } from '../../../src/cli/process/session-secret.js';
import { openStore } from '../../../src/store/open-store.js';
import { logCapture } from '../../agent/log-capture.js';
import { withTempDir } from '../../store/temp-dir.js';

test('processes that start at once where there is no secret make one, and one that is lost is not made anew', () =>
  withTempDir(async (dataDir) => {
    const store = await openStore({ dataDir });
    const { log } = logCapture();
    const joined = () =>
      joinedKeys({ sessionSecrets: undefined, databaseUrl: undefined, dataDir }, store, log);
    const all = await Promise.all(Array.from({ length: 8 }, joined));
    assert.equal(new Set(all.map(({ current }) => current.kid)).size, 1);
    const file = join(dataDir, 'session-secret');
    rmSync(file);
    for (let i = 0; i < 2; i += 1) {
      await assert.rejects(joined(), {
        code: 'ERR_SESSION_SECRET',
        message: /session-secret is missing or another/,
      });
      assert.ok(!existsSync(file));
    }
    await store.endAllSignIns({ actor: 'operator' });
    assert.notEqual((await joined()).current.kid, all[0]?.current.kid);
    await store.close();
  }));
