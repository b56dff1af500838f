import assert from 'node:assert/strict';
import { arch, hostname, type } from 'node:os';
import { test } from 'node:test';
import { describeMachine } from '../../src/agent/machine.js';

/** A machine with these files. */
const machine = (files: Readonly<Record<string, string>>) =>
  describeMachine((path) => {
    const text = files[path];
    return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
  });

test('a board says its model and serial number in its device tree, with a NUL at the end', async () => {
  const found = await machine({
    '/proc/device-tree/model': 'NVIDIA Jetson Orin Nano\0',
    '/proc/device-tree/serial-number': '1421722012345\0',
    '/sys/class/dmi/id/product_name': 'not asked',
  });
  assert.deepEqual(found, { name: hostname(), model: 'NVIDIA Jetson Orin Nano', serial: '1421722012345' });
});

test('a PC says them in its firmware, unless its maker left them out', async () => {
  assert.equal((await machine({ '/sys/class/dmi/id/product_name': 'NUC13\n' })).model, 'NUC13');
  for (const text of [
    '',
    '\n',
    'To Be Filled By O.E.M.\n',
    'Default string',
    'None',
    '00000000',
    'System Product Name',
  ]) {
    const files = { '/sys/class/dmi/id/product_name': text, '/sys/class/dmi/id/product_serial': text };
    assert.deepEqual(await machine(files), { name: hostname(), model: `${type()} ${arch()}` });
  }
});

test('what it says is one line that the cloud takes', async () => {
  const { model } = await machine({ '/proc/device-tree/model': `a\n\u0007b${'\u{1F600}'.repeat(500)}` });
  assert.equal([...model].length, 128);
  assert.doesNotMatch(model, /\p{Cs}/u);
  assert.match(model, /^a b/);
});

test('this machine says something', async () => {
  const { name, model } = await describeMachine();
  assert.ok(name.length > 0 && model.length > 0);
});
