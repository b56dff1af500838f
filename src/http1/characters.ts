// This file says which bytes may stand where in a head, as tables of 256 flags: one look-up a character while it is written.

function table(allowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (allowed(code) ? 1 : 0));
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/;

/** RFC 9110 §5.6.2 token: methods and header names. */
export const TOKEN_CHARACTERS = table((code) => TOKEN.test(String.fromCharCode(code)));

/** RFC 9110 §7.8 protocol: a token, or two with a slash. */
export const UPGRADE_CHARACTERS = table((code) => code === 0x2f || TOKEN_CHARACTERS[code] === 1);

/** Visible ASCII: request targets. */
export const TARGET_CHARACTERS = table((code) => code > 0x20 && code < 0x7f);

/** RFC 9110 §5.5 header values: visible, space, tab and obs-text; no CR, LF, NUL or other control. */
export const VALUE_CHARACTERS = table((code) => code === 0x09 || (code >= 0x20 && code !== 0x7f));
