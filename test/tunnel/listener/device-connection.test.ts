import type { HttpResponse, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Connected, DeviceConnection } from '../../../src/tunnel/listener/device-connection.js';

/** A response and a WebSocket that are as uWebSockets.js has them: any use after the end throws. */
class Native {
  readonly calls: string[] = [];
  #alive = true;
  #aborted = (): void => {};

  readonly res = {
    onAborted: (listener: () => void) => {
      this.#aborted = listener;
    },
    cork: (work: () => void) => {
      this.#use('cork', false);
      work();
    },
    upgrade: () => this.#use('upgrade', false),
    end: () => this.#use('answer', true),
  } as unknown as HttpResponse;

  readonly ws = {
    send: () => {
      this.#use('send', false);
      return 1;
    },
    getBufferedAmount: () => {
      this.#use('waiting', false);
      return 7;
    },
    end: () => this.#use('end', true),
    close: () => this.#use('close', true),
  } as unknown as WebSocket<Connected>;

  readonly connection = new DeviceConnection(this.res, {
    key: '',
    protocols: [],
    extensions: '',
    context: {} as us_socket_context_t,
  });

  abort(): void {
    this.#alive = false;
    this.#aborted();
  }

  open(): this {
    this.connection.accept({ connection: this.connection });
    this.connection.opened(this.ws);
    return this;
  }

  closeByPeer(): void {
    this.#alive = false;
    this.connection.closed();
  }

  #use(call: string, last: boolean): void {
    if (!this.#alive) throw new Error(`${call} after the end`);
    this.calls.push(call);
    if (last) this.#alive = false;
  }
}

/** Everything that can be done with a connection, all of it after its end. */
function useAll({ connection }: Native): void {
  connection.refuse((res) => res.end());
  connection.accept({ connection });
  assert.equal(connection.send(Buffer.from('bytes')), true);
  assert.equal(connection.waiting, 0);
  connection.end(1000, 'again');
  connection.break();
  assert.equal(connection.over, true);
}

const ENDS: Readonly<Record<string, (native: Native) => void>> = {
  'a dial whose device went away': (native) => native.abort(),
  'a dial that was refused': ({ connection }) => connection.refuse((res) => res.end()),
  'a WebSocket that the device closed': (native) => native.open().closeByPeer(),
  'a WebSocket that was ended': (native) => native.open().connection.end(1000, 'normal'),
  'a WebSocket that was broken': (native) => native.open().connection.break(),
};

for (const [name, end] of Object.entries(ENDS)) {
  test(`N1: ${name} can be used as before, and nothing is done`, () => {
    const native = new Native();
    end(native);
    const calls = [...native.calls];
    useAll(native);
    assert.deepEqual(native.calls, calls);
  });
}

test('what is done before the end reaches the dial and the WebSocket', () => {
  const refused = new Native();
  assert.equal(refused.connection.over, false);
  refused.connection.refuse((res) => res.end());
  assert.deepEqual(refused.calls, ['cork', 'answer']);
  const native = new Native().open();
  assert.equal(native.connection.over, false);
  assert.equal(native.connection.send(Buffer.from('bytes')), true);
  assert.equal(native.connection.waiting, 7);
  native.connection.end(1000, 'normal');
  assert.deepEqual(native.calls.slice(-3), ['send', 'waiting', 'end']);
});
