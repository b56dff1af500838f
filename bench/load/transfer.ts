// This program makes one large call again and again.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Answers } from './answers.js';
import { readRequests } from './call-file.js';

/**
 * `node transfer.js ORIGIN FILE UPLOAD_BYTES TIMES`: makes the call of a file, with a body of so many bytes, again and again, and
 * prints how long each took and how long its answer was. It ends after so many times, or at a line on stdin or its end, when it
 * prints how much it moved in all: it does not outlive its parent, and from /dev/null it moves next to nothing.
 */
const [origin = '', file = '', upload = '', times = ''] = process.argv.slice(2);

const BLOCK = Buffer.alloc(64 * 1024, 'visiona');

/** The line that is printed for each transfer. */
export interface Transferred {
  readonly status: number;
  /** The bytes of the answer's body. */
  readonly bytes: number;
  readonly ms: number;
}

/** The line that is printed when stdin ends the transfers: all bytes in both directions, including heads. */
export interface Moved {
  readonly moved: number;
  readonly ms: number;
}

const url = new URL(origin);
const [request = ''] = readRequests(file, url.host, Number(upload));
const beganAt = performance.now();
const socket = connect(Number(url.port), url.hostname).setNoDelay();
let answered: (transferred: Omit<Transferred, 'ms'>) => void = () => {};
const answers = new Answers((status, bytes) => answered({ status, bytes }));
socket.on('data', (chunk: Buffer) => answers.push(chunk));
socket.on('close', () => {
  process.stderr.write('the connection broke\n');
  process.exit(1);
});
await once(socket, 'connect');
// This runs at a line or at the end of stdin, whichever comes first.
process.stdin.once('readable', () => {
  const moved: Moved = { moved: socket.bytesRead + socket.bytesWritten, ms: performance.now() - beganAt };
  process.stdout.write(`${JSON.stringify(moved)}\n`, () => process.exit(0));
});
for (let i = 0; i < Number(times); i++) {
  const startedAt = performance.now();
  const answer = new Promise<Omit<Transferred, 'ms'>>((resolve) => {
    answered = resolve;
  });
  socket.write(request, 'latin1');
  await send(socket, Number(upload));
  const { status, bytes } = await answer;
  if (status !== 200) {
    process.stderr.write(`a transfer was answered ${status}\n`);
    process.exit(1);
  }
  const transferred: Transferred = { status, bytes, ms: performance.now() - startedAt };
  process.stdout.write(`${JSON.stringify(transferred)}\n`);
}
process.exit(0);

async function send(to: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= BLOCK.length) {
    if (!to.write(BLOCK.subarray(0, Math.min(left, BLOCK.length)))) await once(to, 'drain');
  }
}
