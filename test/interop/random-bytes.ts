// `randomBytes` makes the same bytes as the Go device.
/** The same pseudo-random bytes as go-device/random.go: xorshift32 from `seed`, each state little-endian. */
export function randomBytes(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(Math.ceil(size / 4) * 4);
  let x = seed;
  for (let at = 0; at < bytes.length; at += 4) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes.writeInt32LE(x, at);
  }
  return bytes.subarray(0, size);
}
