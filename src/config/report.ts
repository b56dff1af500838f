// `describeConfig` gathers what `visiona config` prints: each setting, the source of its value, and every issue.
import { resolve } from 'node:path';
import { Secret } from '../text/secret.js';
import type { ConfigIssue } from './errors.js';
import { type GeneratedName, readGenerated } from './generated.js';
import { nearest } from './nearest.js';
import { type RawSettings, readSetting, type Source } from './read.js';
import { findIssues } from './rules.js';
import type { Setting } from './setting.js';
import { settings } from './settings.js';

/** One line of `visiona config`. */
export interface Row {
  readonly name: string;
  readonly value: string;
  readonly source: Source;
}

const GENERATED: Readonly<Record<string, GeneratedName>> = {
  SESSION_SECRET: 'session-secret',
  INTERNAL_SECRET: 'internal-secret',
};

function describeUnset(
  { env = '', fallbackDoc, secret }: Setting<unknown>,
  dataDir: string | undefined,
): Row {
  const file = GENERATED[env];
  if (file !== undefined && dataDir !== undefined && readGenerated(dataDir, file) instanceof Secret) {
    return { name: env, value: 'generated', source: 'generated' };
  }
  const value = fallbackDoc === undefined || secret ? 'unset' : `(${fallbackDoc})`;
  return { name: env, value, source: 'unset' };
}

function describe(setting: Setting<unknown>, raw: RawSettings, dataDir: string | undefined): Row {
  const reading = readSetting(setting, raw);
  const name = setting.env ?? setting.flag;
  if (!reading.ok) return { name, value: 'invalid', source: reading.source };
  if (reading.source === 'unset') return describeUnset(setting, dataDir);
  return { name, value: setting.secret ? 'set' : (reading.text ?? ''), source: reading.source };
}

/**
 * Variables that look like ours and are not: they are probably misspelt. Other programs may share the prefix, so this is
 * only a note.
 */
export function unknownVariables(env: RawSettings['env']): ConfigIssue[] {
  const known = Object.values(settings).map((setting) => setting.env ?? '');
  return Object.keys(env)
    .filter((name) => name.startsWith('VISIONA_') && !known.includes(name))
    .flatMap((name) => {
      const near = nearest(name, known);
      return near === undefined
        ? []
        : [{ name, problem: `nothing reads this variable; did you mean ${near}?` }];
    });
}

/** Gathers everything that `visiona config` prints; makes no files. */
export function describeConfig(raw: RawSettings): {
  rows: Row[];
  issues: ConfigIssue[];
  notes: ConfigIssue[];
} {
  const place = readSetting(settings.dataDir, raw);
  const dataDir = place.ok ? resolve(place.value) : undefined;
  return {
    rows: Object.values(settings).map((setting: Setting<unknown>) => describe(setting, raw, dataDir)),
    issues: findIssues(settings, raw),
    notes: unknownVariables(raw.env),
  };
}
