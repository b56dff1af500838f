// `HeaderNames` is a set of header names in which a look-up allocates nothing.

const HYPHEN = 0x2d;
const UNDERSCORE = 0x5f;

/** The letter in lower case, and `-` for `_`, because many servers take the two for the same (CGI, RFC 3875 §4.1.18). */
function folded(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code | 0x20;
  return code === UNDERSCORE ? HYPHEN : code;
}

/** Whether `name`, folded, begins with `lower`. */
function beginsWith(name: string, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    if (folded(name.charCodeAt(i)) !== lower.charCodeAt(i)) return false;
  }
  return true;
}

/** A set of header names that ignores their case and takes `_` for `-`. A look-up allocates nothing. */
export class HeaderNames {
  readonly #byLength: (string[] | undefined)[] = [];
  readonly #prefixes: string[] = [];

  /** @param names in lower case; one that ends in `*` stands for all names that begin so */
  constructor(names: readonly string[]) {
    for (const name of names) {
      if (name.endsWith('*')) this.#prefixes.push(name.slice(0, -1));
      else this.#byLength[name.length] = [...(this.#byLength[name.length] ?? []), name];
    }
  }

  has(name: string): boolean {
    const row = this.#byLength[name.length];
    if (row !== undefined) {
      for (const candidate of row) if (beginsWith(name, candidate)) return true;
    }
    for (const prefix of this.#prefixes) if (beginsWith(name, prefix)) return true;
    return false;
  }
}
