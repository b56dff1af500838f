// `behave` serves a stream as the Go device does.
import { createHash } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { randomBytes } from './random-bytes.js';

/** Does what the first line of a stream asks for: `echo`, `sink N` and `source N` of go-device/behave.go. */
export async function behave(stream: Duplex): Promise<void> {
  const [kind, size] = (await firstLine(stream)).split(' ');
  if (kind === 'echo') await pipeline(stream, stream);
  else if (kind === 'sink') stream.end(await hashOf(stream, Number(size)));
  else if (kind === 'source') await pipeline([randomBytes(Number(size))], stream);
  else throw new Error(`no behaviour ${kind}`);
}

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** All bytes to the end. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Takes the first line and leaves the rest in the stream. */
async function firstLine(stream: Readable): Promise<string> {
  let text = Buffer.alloc(0);
  for (;;) {
    const end = text.indexOf('\n');
    if (end >= 0) {
      if (end + 1 < text.length) stream.unshift(text.subarray(end + 1));
      return text.toString('latin1', 0, end);
    }
    const chunk: Buffer | null = stream.read();
    if (chunk === null) await new Promise((resolve) => stream.once('readable', resolve));
    else text = Buffer.concat([text, chunk]);
  }
}

/** Takes `size` bytes and leaves the stream open. */
async function hashOf(stream: Duplex, size: number): Promise<string> {
  const hash = createHash('sha256');
  let left = size;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    hash.update(chunk);
    left -= chunk.length;
    if (left <= 0) break;
  }
  return hash.digest('hex');
}
