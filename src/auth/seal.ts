import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type CookieKeys, delimited } from './cookie-keys.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what the store keeps of sign-ins, so that whoever reads the store's data holds no token. */
export class Sealer {
  readonly #keys: CookieKeys;

  constructor(keys: CookieKeys) {
    this.#keys = keys;
  }

  /**
   * `<kid>.<base64url of nonce, ciphertext, tag>` by AES-256-GCM.
   * @param purpose what it is
   * @param context the row that it belongs to: in another row it cannot be opened
   */
  seal(purpose: string, context: string, text: string): string {
    const { kid, seal } = this.#keys.current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, seal, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(delimited('visiona seal v1', kid, purpose, context));
    const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${kid}.${bytes.toString('base64url')}`;
  }

  /** Undefined: changed in any character, of another purpose or row, or sealed with a key that is no longer there. */
  open(purpose: string, context: string, sealed: string): string | undefined {
    const dot = sealed.indexOf('.');
    const kid = sealed.slice(0, dot);
    const key = this.#keys.find(kid);
    const encoded = sealed.slice(dot + 1);
    const bytes = Buffer.from(encoded, 'base64url');
    if (key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    // The same bytes can be written in many ways, and who keeps count of what came must see one.
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
      // The tag does not fit: the one thing that final() throws for.
      return undefined;
    }
  }
}
