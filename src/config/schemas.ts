// Each kind of setting has a schema here, which reads its text and says what is wrong with it.
import { BlockList } from 'node:net';
import { z } from 'zod';
import { type Address, MAX_PORT, parseAddress } from '../net/address.js';
import { addRange } from '../net/ip-address.js';
import { Secret } from '../text/secret.js';

/** Fewest bytes of a signing or shared secret (ASVS 4 V2.9.2; 03-identity §3.2 in the specification). */
export const MIN_SECRET_BYTES = 32;

/** Values that documentation shows: a copied one is no secret. */
export const EXAMPLE_SECRETS: ReadonlySet<string> = new Set([
  'replace-this-with-the-output-of-openssl-rand-hex-32',
  'change-me-change-me-change-me-change-me',
]);

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

type Issue = (message: string) => void;

/** Makes a schema of a function that returns the value, or reports one issue and returns undefined. */
function read<T>(parse: (text: string, issue: Issue) => T | undefined): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    let failed = false;
    const value = parse(text.trim(), (message) => {
      failed = true;
      context.addIssue({ code: 'custom', message });
    });
    return failed || value === undefined ? z.NEVER : value;
  });
}

/** `host:port`. */
export const address = read<Address>((text, issue) => {
  const parsed = parseAddress(text);
  const port = /^.+:(\d+)$/.exec(text)?.[1];
  if (parsed === undefined && Number(port) > MAX_PORT) {
    issue(`the port ${port} is out of range; give one from 0 to ${MAX_PORT}`);
  } else if (parsed === undefined) {
    issue(`"${text}" is not HOST:PORT; write it like 127.0.0.1:3800, 0.0.0.0:3800 or [::1]:3800`);
  }
  return parsed;
});

/** IP addresses and CIDR ranges between commas. */
export const addressRanges = read<BlockList>((text, issue) => {
  const ranges = new BlockList();
  for (const range of text.split(',').map((item) => item.trim())) {
    const problem = addRange(ranges, range);
    if (problem !== undefined) issue(`"${range}" ${problem}`);
  }
  return ranges;
});

/** An absolute URL with one of `protocols` and without user, query or fragment; a trailing slash is dropped. */
export function url(protocols: readonly string[], example: string): z.ZodType<URL, string> {
  return read<URL>((text, issue) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed === undefined || !protocols.includes(parsed.protocol)) {
      issue(`it is not a ${protocols.join('// or ')}// URL; write it like ${example}`);
      return undefined;
    }
    if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
      issue(`a user, password, query or fragment is not allowed in it; write it like ${example}`);
    }
    return parsed;
  });
}

/** A URL with nothing after the port. */
export function origin(protocols: readonly string[], example: string): z.ZodType<URL, string> {
  return url(protocols, example).refine((value) => value.pathname === '/', {
    message: `a path is not allowed in it; write it like ${example}`,
  });
}

/** A postgres:// URL; secret, because it usually holds a password. */
export const databaseUrl = read<Secret>((text, issue) => {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') {
    issue('it is not a postgres:// URL; write it like postgres://USER:PASSWORD@HOST/DATABASE');
  }
  return new Secret(text);
});

/** An integer between two bounds, both included. */
export function integer(min: number, max: number): z.ZodType<number, string> {
  return read<number>((text, issue) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      issue(`"${text}" is not a whole number from ${min} to ${max}; give one`);
    }
    return value;
  });
}

/** One word of a list. */
export function oneOf<const T extends string>(...words: readonly T[]): z.ZodType<T, string> {
  return read<T>((text, issue) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) issue(`"${text}" is not known; use one of ${words.join(', ')}`);
    return word;
  });
}

/** true or false; also 1/0, yes/no, on/off. */
export const onOff = read<boolean>((text, issue) => {
  const result = z.stringbool().safeParse(text);
  if (!result.success) issue(`"${text}" is neither true nor false; use one of these`);
  return result.data;
});

/** Any text that is not empty. */
export const text = read<string>((value, issue) => {
  if (value === '') issue('it is empty; give a value or leave it out');
  return value;
});

/** Any text that is not empty, for a command that cannot do without it. */
export const requiredText = read<string>((value, issue) => {
  if (value === '') issue('it is empty; give a value');
  return value;
});

/** Words between spaces. */
export const words = read<readonly string[]>((value) => value.split(/\s+/).filter((word) => word !== ''));

/** A token or client secret that was made elsewhere: it is shown nowhere, and not judged by its length. */
export const opaqueToken = read<Secret>((value, issue) => {
  if (!VISIBLE_ASCII.test(value)) issue('it may only hold visible ASCII characters; copy it again');
  return new Secret(value);
});

/** A pairing code as a person types it, in groups; or a pairing token. */
export const pairingCode = read<Secret>((value, issue) => {
  const code = value.replace(/\s+/g, '');
  if (!VISIBLE_ASCII.test(code)) issue('it is not a pairing code; write it like ABCDE-FGHJK');
  return new Secret(code);
});

function checkStrength(value: string, issue: Issue): void {
  if (EXAMPLE_SECRETS.has(value)) {
    issue('it is the example from the documentation; make one with: openssl rand -hex 32');
  } else if (Buffer.byteLength(value) < MIN_SECRET_BYTES) {
    issue(`it is shorter than ${MIN_SECRET_BYTES} bytes; make one with: openssl rand -hex 32`);
  } else if (!VISIBLE_ASCII.test(value)) {
    issue('it may only hold visible ASCII characters; make one with: openssl rand -hex 32');
  }
}

/** One strong secret. */
export const strongSecret = read<Secret>((value, issue) => {
  checkStrength(value, issue);
  return new Secret(value);
});

/** Strong secrets between commas: the first signs, all verify. */
export const strongSecretList = read<readonly Secret[]>((value, issue) => {
  const list = value.split(',').map((item) => item.trim());
  list.forEach((item, at) => {
    checkStrength(item, (problem) => issue(list.length === 1 ? problem : `entry ${at + 1}: ${problem}`));
  });
  return list.map((item) => new Secret(item));
});
