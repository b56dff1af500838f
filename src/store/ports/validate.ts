// These checks reject wrong arguments of the store's calls before they reach a database.
import { isLonger, MAX_NAME } from '../../text/characters.js';
import type { NewAuditEntry } from './audit.js';
import type { DeviceUpdate } from './devices.js';
import { StoreError } from './errors.js';
import type { PairedDevice } from './pairing.js';

/** The most rows, ids or changes of one call. */
export const MAX_ITEMS = 1_000;

const MAX_SUBJECT_LENGTH = 255;
const MAX_ISSUER_LENGTH = 2_048;
/** The most characters of all labels of a device, as JSON. */
const MAX_LABELS_LENGTH = 65_536;

/**
 * Checks a user's key: a blank or malformed subject never maps to a user. OpenID Connect Core §2 sets the 255 characters of a
 * subject.
 * @throws StoreError ERR_STORE_INPUT
 */
export function checkUserKey(issuer: string, subject: string): void {
  checkText('the issuer', issuer, MAX_ISSUER_LENGTH);
  checkText('the user', subject, MAX_SUBJECT_LENGTH);
}

/** Checks the names of devices. @throws StoreError ERR_STORE_INPUT */
export function checkNames(names: readonly string[]): void {
  checkCount('devices to add', names.length);
  for (const name of names) checkText('the device name', name, MAX_NAME);
}

/** Checks the description that a device gives of itself. @throws StoreError ERR_STORE_INPUT */
export function checkPairedDevice({ name, model, serial }: PairedDevice): void {
  checkText('the device name', name, MAX_NAME);
  if (model !== undefined) checkText('the model', model, MAX_NAME);
  if (serial !== undefined) checkText('the serial number', serial, MAX_NAME);
}

/** Checks a user's change of a device. @throws StoreError ERR_STORE_INPUT */
export function checkDeviceUpdate({ name, labels = {} }: DeviceUpdate): void {
  if (name !== undefined) checkText('the device name', name, MAX_NAME);
  if (isLonger(JSON.stringify(labels), MAX_LABELS_LENGTH)) {
    throw new StoreError('ERR_STORE_INPUT', `the labels are longer than ${MAX_LABELS_LENGTH} characters`);
  }
}

/**
 * Checks an audit entry. Its ids and addresses come from this software, so a bound on their length is enough.
 * @throws StoreError ERR_STORE_INPUT
 */
export function checkAuditEntry({ action, target, remoteAddr, requestId, times = 1 }: NewAuditEntry): void {
  checkText('the action', action, MAX_NAME);
  for (const text of [target, remoteAddr, requestId]) {
    if (text !== undefined) checkText('a field of the audit entry', text, MAX_SUBJECT_LENGTH);
  }
  if (!Number.isSafeInteger(times) || times < 1) {
    throw new StoreError('ERR_STORE_INPUT', 'how often it was: a whole number from 1 on is needed');
  }
}

/** Checks the key under which attempts are counted, which is made of an address or a hash. @throws StoreError ERR_STORE_INPUT */
export function checkAttemptKey(key: string): void {
  checkText('what is tried', key, MAX_NAME);
}

/** Checks that a count is from 1 to {@link MAX_ITEMS}. @throws StoreError ERR_STORE_INPUT */
export function checkCount(what: string, count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_ITEMS) return;
  throw new StoreError('ERR_STORE_INPUT', `${what}: a whole number from 1 to ${MAX_ITEMS} is needed`);
}

function checkText(what: string, text: string, max: number): void {
  // A text that only looks empty is rejected too: it has spaces of any kind, or characters that are not drawn.
  if (/^[\p{Z}\p{C}\s]*$/u.test(text)) throw new StoreError('ERR_STORE_INPUT', `${what} is empty`);
  if (isLonger(text, max)) {
    throw new StoreError('ERR_STORE_INPUT', `${what} is longer than ${max} characters`);
  }
  if (/[\p{Cc}\p{Cs}]/u.test(text)) {
    throw new StoreError('ERR_STORE_INPUT', `${what} holds control characters or half a character`);
  }
}
