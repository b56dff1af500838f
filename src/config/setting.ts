// A `Setting` says how one value is named, explained and read.
import type { z } from 'zod';

/** How one value is named, explained and read: the one source for parsing, `--help` and `visiona config`. */
export interface Setting<T> {
  /** The environment variable; undefined for a setting that only one command's flag can set. */
  readonly env: string | undefined;
  /** The flag, without its dashes. */
  readonly flag: string;
  /** The word that stands for the value in `--help`; undefined for a switch, which needs no value. */
  readonly placeholder: string | undefined;
  /** One sentence: the documentation and the help text. */
  readonly doc: string;
  /** The text that is read when neither flag nor variable is given. */
  readonly fallback: string | undefined;
  /** The default as documentation shows it, if that is not `fallback`. */
  readonly fallbackDoc: string | undefined;
  /** True if the command does not work without it; it has no default then. */
  readonly required: boolean;
  /** True if its value is never shown. */
  readonly secret: boolean;
  readonly schema: z.ZodType<T, string>;
}

interface Definition<T> {
  readonly doc: string;
  readonly placeholder?: string;
  readonly fallbackDoc?: string;
  readonly required?: boolean;
  readonly secret?: boolean;
  readonly schema: z.ZodType<T, string>;
}

/** `VISIONA_API_ADDR` → `api-addr`. */
function flagOf(env: string): string {
  return env
    .replace(/^VISIONA_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

function define<T>(
  env: string | undefined,
  flag: string,
  fallback: string | undefined,
  definition: Definition<T>,
): Setting<T> {
  return {
    env,
    flag,
    placeholder: definition.placeholder,
    doc: definition.doc,
    fallback,
    fallbackDoc: definition.fallbackDoc,
    required: definition.required ?? false,
    secret: definition.secret ?? false,
    schema: definition.schema,
  };
}

/** A setting that always has a value. */
export function withDefault<T>(env: string, fallback: string, definition: Definition<T>): Setting<T> {
  return define(env, flagOf(env), fallback, definition);
}

/** A setting that may be left out. */
export function optional<T>(env: string, definition: Definition<T>): Setting<T | undefined> {
  return define<T | undefined>(env, flagOf(env), undefined, definition);
}

/** A flag of one command, without a variable; it may be left out. */
export function flagOnly<T>(flag: string, definition: Definition<T>): Setting<T | undefined> {
  return define<T | undefined>(undefined, flag, undefined, definition);
}

/** A flag of one command, without a variable, that must be given. */
export function requiredFlag<T>(flag: string, definition: Definition<T>): Setting<T> {
  return define(undefined, flag, undefined, { ...definition, required: true });
}

/** A setting with the explanation that it has in one command. */
export function explained<T>(
  setting: Setting<T>,
  words: { readonly doc: string; readonly fallbackDoc: string },
): Setting<T> {
  return { ...setting, ...words };
}

/** Settings by the name they have in code. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values that a table of settings is read into. */
export type ValuesOf<T extends SettingTable> = {
  readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never;
};

/** Some settings of a table. */
export function pick<T extends SettingTable, K extends keyof T>(table: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, table[name]])) as Pick<T, K>;
}
