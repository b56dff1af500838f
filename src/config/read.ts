// `readSettings` reads the settings of a table from flags and environment.
import type { ConfigIssue } from './errors.js';
import type { Setting, SettingTable, ValuesOf } from './setting.js';

/** Where a value came from. */
export type Source = 'flag' | 'env' | 'default' | 'generated' | 'unset';

/** Settings as they were given: flags by their names, and the environment. */
export interface RawSettings {
  readonly flags: ReadonlyMap<string, string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The result of reading one setting: a value, or the issue with its text. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly source: Source; readonly text: string | undefined }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[]; readonly source: Source };

/** The text in force for a setting and where it came from: flag before variable before default. */
function choose(setting: Setting<unknown>, raw: RawSettings): { text: string | undefined; source: Source } {
  const flag = raw.flags.get(setting.flag);
  if (flag !== undefined) return { text: flag, source: 'flag' };
  const variable = setting.env === undefined ? undefined : raw.env[setting.env];
  // Deployment tools write VAR= for a value that is left out, so an empty variable counts as unset.
  if (variable !== undefined && variable.trim() !== '') return { text: variable, source: 'env' };
  return { text: setting.fallback, source: setting.fallback === undefined ? 'unset' : 'default' };
}

/** Reads one setting. */
export function readSetting<T>(setting: Setting<T>, raw: RawSettings): Reading<T> {
  const { text, source } = choose(setting, raw);
  const name = source === 'flag' || setting.env === undefined ? `--${setting.flag}` : setting.env;
  if (text === undefined && setting.required) {
    const problem = `it is missing; add ${name} ${setting.placeholder}`;
    return { ok: false, issues: [{ name, problem }], source };
  }
  // An `optional` setting's T includes undefined; one with a default always has text.
  if (text === undefined) return { ok: true, value: undefined as T, source, text };
  const result = setting.schema.safeParse(text);
  if (result.success) return { ok: true, value: result.data, source, text };
  return {
    ok: false,
    issues: result.error.issues.map(({ message }) => ({ name, problem: message })),
    source,
  };
}

/** Reads a whole table; the values are complete only when there are no issues. */
export function readSettings<T extends SettingTable>(
  table: T,
  raw: RawSettings,
): { values: ValuesOf<T>; issues: ConfigIssue[]; failed: Set<string> } {
  const values: Record<string, unknown> = {};
  const issues: ConfigIssue[] = [];
  const failed = new Set<string>();
  for (const [name, setting] of Object.entries(table)) {
    const reading = readSetting(setting, raw);
    if (reading.ok) values[name] = reading.value;
    else {
      issues.push(...reading.issues);
      failed.add(name);
    }
  }
  return { values: values as ValuesOf<T>, issues, failed };
}
