#!/usr/bin/env bash
# Caddy 2.6.2 (Debian 12: caddy 2.6.2-5), reverse_proxy, HTTP/1.1.
#
# A proxy that flushes at once is expected to differ from one that flushes soon in time only. It does not:
#   - with `flush_interval -1` the request to the upstream goes on when the caller has gone away;
#   - with `flush_interval 20ms`, or none, the upstream sees its connection end at once.
# And without flush_interval the parts of an answer with a Content-Length wait until it is whole; those of one without are
# passed on as they come.
#
# Seen on 2026-11-30:
#   flush_interval -1: upstream told of the caller's end: no; first part of a sized answer: at once
#   flush_interval 20ms: upstream told of the caller's end: yes; first part of a sized answer: at once
#   no flush_interval: upstream told of the caller's end: yes; first part of a sized answer: held back
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq caddy=2.6.2-5 2>/dev/null || { echo 'this needs Debian 12 with its package lists' >&2; exit 2; }
dpkg -x caddy_2.6.2-5_*.deb root

cat >probe.mjs <<'JS'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const WAIT_MS = 2000;
/** True if it happens in time. */
const inTime = (event) => Promise.race([event.then(() => true), delay(WAIT_MS, false)]);

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port) {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await delay(20);
    } finally {
      socket.destroy();
    }
  }
}

async function observe(name, setting) {
  const upstream = createServer().listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const port = await freePort();
  const to = `127.0.0.1:${upstream.address().port}`;
  writeFileSync('Caddyfile', `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n reverse_proxy ${to} {\n ${setting}\n }\n}\n`);
  const caddy = spawn('root/usr/bin/caddy', ['run', '--adapter', 'caddyfile', '--config', 'Caddyfile'], {
    env: { HOME: process.cwd() },
    stdio: 'ignore',
  });
  try {
    await accepts(port);
    const asked = once(upstream, 'request');
    const call = get({ host: '127.0.0.1', port, path: '/gone' });
    call.on('error', () => {});
    const [request] = await asked;
    const ended = once(request.socket, 'close');
    call.destroy();
    const told = await inTime(ended);

    const again = once(upstream, 'request');
    const answer = once(get({ host: '127.0.0.1', port, path: '/parts' }), 'response').then(([res]) => once(res, 'data'));
    const [, response] = await again;
    response.setHeader('Content-Length', 8);
    response.write('part');
    const atOnce = await inTime(answer);
    response.end('part');
    await answer;
    return `${name}: upstream told of the caller's end: ${told ? 'yes' : 'no'}; first part of a sized answer: ${atOnce ? 'at once' : 'held back'}`;
  } finally {
    caddy.kill('SIGKILL');
    upstream.close();
    upstream.closeAllConnections();
  }
}

for (const [name, setting] of [
  ['flush_interval -1', 'flush_interval -1'],
  ['flush_interval 20ms', 'flush_interval 20ms'],
  ['no flush_interval', ''],
]) {
  console.log(await observe(name, setting));
}
JS
timeout 60 node probe.mjs | tee seen
cat >expected <<'TXT'
flush_interval -1: upstream told of the caller's end: no; first part of a sized answer: at once
flush_interval 20ms: upstream told of the caller's end: yes; first part of a sized answer: at once
no flush_interval: upstream told of the caller's end: yes; first part of a sized answer: held back
TXT
diff expected seen && echo 'as it was'
