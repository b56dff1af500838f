import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { cpuMicros } from '../../bench/relay/proc.js';

/** Uses up half a second of CPU time, says what it has used, and rests until its stdin ends. */
const BURNER = `
  const used = () => { const { user, system } = process.cpuUsage(); return user + system; };
  while (used() < 500_000);
  console.log(used());
  process.stdin.resume();
`;

// A shell with something left to do waits for the program instead of becoming it.
const COMMANDS: readonly (readonly [whose: string, command: string, args: readonly string[]])[] = [
  ['a process', process.execPath, ['-e', BURNER]],
  ['its child process', 'sh', ['-c', '"$0" -e "$1"; :', process.execPath, BURNER]],
];

for (const [whose, command, args] of COMMANDS) {
  test(`the CPU time that ${whose} used is what it says itself`, async (t) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(async () => {
      // A signal would reach the shell only.
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const share = (await cpuMicros(child.pid ?? 0)) / Number(line);
    assert.ok(share > 0.7 && share < 1.3, `${share} of it`);
  });
}
