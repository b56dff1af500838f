// This file separates the headers of a connection and of a message's framing from those that travel end to end.
import type { RawHeaders } from './contract.js';
import { MESSAGE_HEADERS } from './header-policy.js';

const CONTENT_LENGTH = 'content-length';

/** Names of the headers that mean something for one connection only (RFC 9110 §7.6.1), in lower case. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set(
  MESSAGE_HEADERS.filter((name) => name !== CONTENT_LENGTH),
);

/** @param lowerCaseName a header name in lower case */
export function isHopByHop(lowerCaseName: string): boolean {
  return HOP_BY_HOP.has(lowerCaseName);
}

/** Names by their length, so that most headers are told apart without comparing a letter. */
const MESSAGE_HEADERS_BY_LENGTH: readonly (readonly string[] | undefined)[] = byLength(MESSAGE_HEADERS);

function byLength(names: readonly string[]): string[][] {
  const table: string[][] = [];
  for (const name of names) {
    const row = table[name.length] ?? [];
    row.push(name);
    table[name.length] = row;
  }
  return table;
}

/** Compares without allocating. `lower` is a header name in lower case. */
export function equalsIgnoringCase(name: string, lower: string): boolean {
  if (name.length !== lower.length) return false;
  for (let i = 0; i < lower.length; i++) {
    const code = name.charCodeAt(i);
    const folded = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    if (folded !== lower.charCodeAt(i)) return false;
  }
  return true;
}

/** True for a header that frames a message or belongs to its connection: hop-by-hop or Content-Length, in any case. */
export function isMessageHeader(name: string): boolean {
  const row = MESSAGE_HEADERS_BY_LENGTH[name.length];
  if (row === undefined) return false;
  for (const candidate of row) {
    if (equalsIgnoringCase(name, candidate)) return true;
  }
  return false;
}

/**
 * Adds the header names that a Connection value lists to `into`, in lower case. Options that name no header worth removing
 * (`close`, `keep-alive`, `upgrade`) are left out, so that the usual values cost nothing.
 */
export function addConnectionHeaders(value: string, into: Set<string>): void {
  if (isPlainConnection(value)) return;
  for (const part of value.split(',')) {
    const name = part.trim().toLowerCase();
    if (name !== '' && name !== 'close' && !isHopByHop(name)) into.add(name);
  }
}

function isPlainConnection(value: string): boolean {
  return (
    equalsIgnoringCase(value, 'close') ||
    equalsIgnoringCase(value, 'keep-alive') ||
    equalsIgnoringCase(value, 'upgrade')
  );
}

/**
 * The headers of a device's response that go on to the user: hop-by-hop headers, those that Connection names, and
 * Content-Length, which the caller sets from the length that the parser reported, are left out.
 */
export function endToEndHeaders(headers: RawHeaders): RawHeaders {
  const listed = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) {
    if (equalsIgnoringCase(headers[i] ?? '', 'connection'))
      addConnectionHeaders(headers[i + 1] ?? '', listed);
  }
  const kept: RawHeaders = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (isMessageHeader(name) || (listed.size > 0 && listed.has(name.toLowerCase()))) continue;
    kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}
