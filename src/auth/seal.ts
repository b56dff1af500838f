// Sealer encrypts the secrets of sign-ins that the store keeps.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type CookieKeys, delimited } from './cookie-keys.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts the secrets of sign-ins, so that the store's data holds no usable token. */
export class Sealer {
  readonly #keys: CookieKeys;

  constructor(keys: CookieKeys) {
    this.#keys = keys;
  }

  /**
   * Encrypts `text` by AES-256-GCM.
   * @returns `<kid>.<base64url of nonce, ciphertext, tag>`
   * @param purpose the kind of text, bound into the tag
   * @param context the row that the text belongs to: in another row it cannot be opened
   */
  seal(purpose: string, context: string, text: string): string {
    const { kid, seal } = this.#keys.current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, seal, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(delimited('visiona seal v1', kid, purpose, context));
    const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${kid}.${bytes.toString('base64url')}`;
  }

  /** Decrypts a sealed text. Undefined: `sealed` was changed, has another purpose or row, or its key was removed. */
  open(purpose: string, context: string, sealed: string): string | undefined {
    const dot = sealed.indexOf('.');
    const kid = sealed.slice(0, dot);
    const key = this.#keys.find(kid);
    const encoded = sealed.slice(dot + 1);
    const bytes = Buffer.from(encoded, 'base64url');
    if (key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    // Several base64url texts can stand for the same bytes; a `state` is spent by its text, so only one text may be valid.
    if (bytes.toString('base64url') !== encoded) return undefined;
    const tagAt = bytes.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, key.seal, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(delimited('visiona seal v1', kid, purpose, context));
    decipher.setAuthTag(bytes.subarray(tagAt));
    const text = decipher.update(bytes.subarray(NONCE_BYTES, tagAt), undefined, 'utf8');
    try {
      return text + decipher.final('utf8');
    } catch {
      // The only reason for which final() throws is that the tag does not match.
      return undefined;
    }
  }
}
