import type { ConfigIssue } from './errors.js';
import type { Setting, SettingTable, ValuesOf } from './setting.js';

/** Where a value came from. */
export type Source = 'flag' | 'env' | 'default' | 'generated' | 'unset';

/** What is given: flags by their name, and the environment. */
export interface RawSettings {
  readonly flags: ReadonlyMap<string, string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly source: Source; readonly text: string | undefined }
  | { readonly ok: false; readonly mistakes: readonly ConfigIssue[]; readonly source: Source };

/** The text in force for a setting and where it came from: flag before variable before default. */
function choose(setting: Setting<unknown>, given: RawSettings): { text: string | undefined; source: Source } {
  const flag = given.flags.get(setting.flag);
  if (flag !== undefined) return { text: flag, source: 'flag' };
  const variable = setting.env === undefined ? undefined : given.env[setting.env];
  // Deployment tools write VAR= for what is left out, so an empty variable counts as unset.
  if (variable !== undefined && variable.trim() !== '') return { text: variable, source: 'env' };
  return { text: setting.fallback, source: setting.fallback === undefined ? 'unset' : 'default' };
}

/** Reads one setting. */
export function readSetting<T>(setting: Setting<T>, given: RawSettings): Reading<T> {
  const { text, source } = choose(setting, given);
  const name = source === 'flag' || setting.env === undefined ? `--${setting.flag}` : setting.env;
  if (text === undefined && setting.required) {
    const problem = `it is missing; add ${name} ${setting.placeholder}`;
    return { ok: false, mistakes: [{ name, problem }], source };
  }
  // An `optional` setting's T includes undefined; one with a default always has text.
  if (text === undefined) return { ok: true, value: undefined as T, source, text };
  const result = setting.schema.safeParse(text);
  if (result.success) return { ok: true, value: result.data, source, text };
  return {
    ok: false,
    mistakes: result.error.issues.map(({ message }) => ({ name, problem: message })),
    source,
  };
}

/** Reads a whole table; the values are whole only when there are no mistakes. */
export function readSettings<T extends SettingTable>(
  table: T,
  given: RawSettings,
): { values: ValuesOf<T>; mistakes: ConfigIssue[]; failed: Set<string> } {
  const values: Record<string, unknown> = {};
  const mistakes: ConfigIssue[] = [];
  const failed = new Set<string>();
  for (const [name, setting] of Object.entries(table)) {
    const reading = readSetting(setting, given);
    if (reading.ok) values[name] = reading.value;
    else {
      mistakes.push(...reading.mistakes);
      failed.add(name);
    }
  }
  return { values: values as ValuesOf<T>, mistakes, failed };
}
