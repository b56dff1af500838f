import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { logged, scratch, spawnAgent } from '../agent/agent-process.js';
import { type Person, RestProcess } from './kit/rest-process.js';

const DAY_MS = 86_400_000;

/** The environment of a program whose clock is wrong by this much. */
function skewed(ms: number): Record<string, string> {
  const code = `
    const { now } = Date;
    Date.now = () => now() + (${ms});
    globalThis.Date = class extends Date {
      constructor(...given) {
        if (given.length === 0) super(Date.now());
        else super(...given);
      }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

describe('devices whose clock is wrong', () => {
  let up: RestProcess;
  let alice: Person;
  before(async () => {
    up = await RestProcess.start('up');
    alice = await up.signIn('alice');
  });
  after(() => up.close());

  // Their credentials say no time, so nothing about them depends on the clock of the device.
  for (const skewMs of [-1000 * DAY_MS, -61_000, 61_000, 1000 * DAY_MS]) {
    test(`attack 52: by ${skewMs / 1000} s: it is paired, connects, is called, and connects again`, async (t) => {
      const tokenFile = join(scratch(t), 'token');
      const { code } = await alice.mint();
      const args = ['--simulate', '--token-file', tokenFile];
      const agent = spawnAgent(t, [...args, '--public-url', up.url('/'), '--pair', code], skewed(skewMs));
      const paired = await logged(agent, 'paired');
      const off = Date.parse(String(paired.time)) - Date.now();
      assert.ok(Math.abs(off - skewMs) < 60_000, `its clock is off by ${off} ms`);
      await logged(agent, 'tunnel up');
      const path = `/api/devices/${paired.deviceId}/system`;
      assert.equal((await alice.get(path)).status, 200);
      await agent.stop();
      await logged(spawnAgent(t, args, skewed(-skewMs)), 'tunnel up');
      assert.equal((await alice.get(path)).status, 200);
    });
  }
});
