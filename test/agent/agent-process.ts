// `spawnAgent` starts `visiona agent` as a child process, for one test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventProcess } from '../support/event-process.js';

/** One line of the agent's log. */
export interface LogLine {
  readonly msg: string;
  readonly [member: string]: unknown;
}

const CLI = fileURLToPath(new URL('../../src/cli/visiona.js', import.meta.url));

/** A directory that goes with the test. */
export function scratch(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'visiona-agent-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** `visiona agent` as a process of its own, with nothing of this environment; it ends with the test. */
export function spawnAgent(
  t: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): EventProcess<LogLine> {
  const surroundings = { PATH: process.env.PATH, HOME: scratch(t), LOG_FORMAT: 'json', ...env };
  const agent = new EventProcess<LogLine>(
    process.execPath,
    ['--enable-source-maps', CLI, 'agent', ...args],
    surroundings,
  );
  t.after(() => agent.stop('SIGKILL'));
  return agent;
}

/** The next log line that says `msg`. */
export function logged(agent: EventProcess<LogLine>, msg: string | RegExp): Promise<LogLine> {
  return agent.event((line) => (typeof msg === 'string' ? line.msg === msg : msg.test(line.msg)));
}
