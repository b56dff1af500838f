import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { test } from 'node:test';
import {
  findGenerated,
  loadAgentConfig,
  loadApiConfig,
  loadProxyConfig,
  loadTokenConfig,
  loadUpConfig,
} from '../../src/config/load.js';
import { tunnelsWithin } from '../../src/config/process-limits.js';
import { EXAMPLE_SECRETS } from '../../src/config/schemas.js';
import { given, issuesOf, tempDir } from './given.js';

const STRONG = 'kP3vN8sYq2Wm5Zt7Lr9Jx4Hc6Bf1Gd0A';

test('defaults are those of the documentation', (t) => {
  const config = loadUpConfig(given({ VISIONA_DATA_DIR: tempDir(t) }));
  assert.deepEqual(config.apiAddr, { host: '127.0.0.1', port: 3721 });
  assert.deepEqual(config.tunnelAddr, { host: '127.0.0.1', port: 3800 });
  assert.deepEqual(config.internalAddr, { host: '127.0.0.1', port: 3801 });
  assert.deepEqual(config.devProvider?.address, { host: '127.0.0.1', port: 3722 });
  assert.equal(config.publicUrl?.href, 'http://127.0.0.1:3721/');
  assert.equal(config.tunnelUrl?.href, 'ws://127.0.0.1:3800/');
  assert.equal(config.heartbeatMs, 15_000);
  assert.equal(config.idleTimeoutMs, 90_000);
  assert.ok(config.hosts >= 1);
  assert.equal(config.databasePool, 10);
  assert.ok(config.unreadBytes >= 2 ** 20 && config.unreadBytes <= totalmem() / 4);
  assert.equal(config.oidc, undefined);
  assert.deepEqual(config.log, { level: 'info', format: undefined });
});

test('B3: more tunnels than there are descriptors for are a mistake, and some are kept for the rest', (t) => {
  const [mistake] = issuesOf(() =>
    loadUpConfig(given({ VISIONA_DATA_DIR: tempDir(t), VISIONA_MAX_TUNNELS: '1000000' })),
  );
  assert.match(mistake ?? '', /VISIONA_MAX_TUNNELS.*leaves room for \d+ tunnels/);
  const config = loadUpConfig(given({ VISIONA_DATA_DIR: tempDir(t), VISIONA_MAX_TUNNELS: '7' }));
  assert.equal(config.maxTunnels, 7);
  for (const [limit, tunnels] of [
    [1, 1],
    [256, 160],
    [1024, 768],
    [20_000, 15_904],
  ] as const) {
    assert.equal(tunnelsWithin(limit), tunnels);
  }
});

test('a flag is stronger than a variable, a variable than the default; an empty variable is none', (t) => {
  const env = {
    VISIONA_DATA_DIR: tempDir(t),
    VISIONA_HOSTS: '3',
    VISIONA_HEARTBEAT_MS: '1000',
    LOG_LEVEL: ' ',
  };
  const config = loadUpConfig(given(env, { hosts: '5' }));
  assert.equal(config.hosts, 5);
  assert.equal(config.heartbeatMs, 1000);
  assert.equal(config.log.level, 'info');
});

test('with port 0 the URLs wait for the port that is bound', (t) => {
  const config = loadUpConfig(
    given({ VISIONA_DATA_DIR: tempDir(t), VISIONA_API_ADDR: '127.0.0.1:0', VISIONA_TUNNEL_ADDR: '[::1]:0' }),
  );
  assert.equal(config.publicUrl, undefined);
  assert.equal(config.tunnelUrl, undefined);
});

test('all mistakes come at once, a line each, under the name the operator used', (t) => {
  const dir = tempDir(t);
  const lines = issuesOf(() =>
    loadUpConfig(
      given(
        {
          VISIONA_DATA_DIR: dir,
          VISIONA_TUNNEL_ADDR: '3800',
          VISIONA_PUBLIC_URL: 'ftp://x',
          VISIONA_DATABASE_POOL: '0',
          LOG_LEVEL: 'loud',
          OIDC_SCOPES: 'profile',
          INTERNAL_SECRET: 'short',
        },
        { hosts: '0' },
      ),
    ),
  );
  assert.deepEqual(
    lines.map((line) => line.split(':')[0]),
    [
      'VISIONA_TUNNEL_ADDR',
      'VISIONA_PUBLIC_URL',
      'VISIONA_DATABASE_POOL',
      'OIDC_SCOPES',
      'INTERNAL_SECRET',
      '--hosts',
      'LOG_LEVEL',
    ],
  );
  assert.deepEqual(readdirSync(dir), [], 'a start that is refused makes nothing');
});

test('values that contradict each other are refused, and only where a command reads them', (t) => {
  const env = {
    VISIONA_DATA_DIR: tempDir(t),
    VISIONA_HEARTBEAT_MS: '90000',
    OIDC_ISSUER: 'http://id.example',
    OIDC_SERVICE_CLIENT_ID: 'x',
    VISIONA_PUBLIC_URL: 'http://visiona.example',
  };
  const lines = issuesOf(() => loadUpConfig(given(env)));
  assert.deepEqual(
    lines.map((line) => line.split(':')[0]),
    ['VISIONA_IDLE_TIMEOUT_MS', 'VISIONA_PUBLIC_URL', 'OIDC_ISSUER', 'OIDC_ISSUER', 'OIDC_SERVICE_CLIENT_ID'],
  );
  assert.equal(loadAgentConfig(given({ OIDC_ISSUER: 'nonsense' })).simulate, false);
});

test('two listeners of one process with one address are a mistake each, all at once; port 0 is free for all', (t) => {
  const env = { VISIONA_DATA_DIR: tempDir(t), VISIONA_HOSTS: '0' };
  const same = {
    VISIONA_API_ADDR: '127.0.0.1:4000',
    VISIONA_TUNNEL_ADDR: '0.0.0.0:4000',
    VISIONA_INTERNAL_ADDR: '127.0.0.1:4001',
    VISIONA_OPS_ADDR: '127.0.0.1:4001',
    VISIONA_DEV_OP_ADDR: '[::1]:4001',
  };
  const lines = issuesOf(() => loadUpConfig(given({ ...env, ...same })));
  assert.deepEqual(lines.slice(1), [
    'VISIONA_TUNNEL_ADDR: VISIONA_API_ADDR is 127.0.0.1:4000 already; give each a port of its own',
    'VISIONA_OPS_ADDR: VISIONA_INTERNAL_ADDR is 127.0.0.1:4001 already; give each a port of its own',
  ]);
  assert.match(lines[0] ?? '', /^VISIONA_HOSTS: /);
  const free = Object.fromEntries(Object.keys(same).map((name) => [name, '127.0.0.1:0']));
  assert.equal(issuesOf(() => loadUpConfig(given({ ...env, ...free }))).length, 1);
  // Without a development provider its address is nobody's; api-server does not listen where devices dial.
  const oidc = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'visiona' };
  const data = { VISIONA_DATA_DIR: tempDir(t) };
  loadUpConfig(given({ ...data, ...oidc, VISIONA_DEV_OP_ADDR: '127.0.0.1:3721' }));
  loadApiConfig(given({ ...data, VISIONA_API_ADDR: '127.0.0.1:3800' }));
});

test('the development provider is for one machine, and not for production', (t) => {
  const env = { VISIONA_DATA_DIR: tempDir(t) };
  const { devProvider } = loadUpConfig(given(env));
  assert.equal(
    loadUpConfig(given(env)).devProvider?.secret.reveal(),
    devProvider?.secret.reveal(),
    'its keys stay from start to start',
  );
  for (const [name, value] of [
    ['NODE_ENV', 'production'],
    ['VISIONA_API_ADDR', '10.0.0.1:80'],
    ['VISIONA_TUNNEL_ADDR', '0.0.0.0:3800'],
    ['VISIONA_INTERNAL_ADDR', '[::]:3801'],
    ['VISIONA_DEV_OP_ADDR', '10.0.0.1:3722'],
    ['VISIONA_PUBLIC_URL', 'https://visiona.example'],
  ] as const) {
    const open = { ...env, VISIONA_PUBLIC_URL: 'http://127.0.0.1', [name]: value };
    const lines = issuesOf(() => loadUpConfig(given(open)));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', new RegExp(`^OIDC_ISSUER: it must be set .*${name}.* signs anybody in`));
    const oidc = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'visiona' };
    const secrets = { SESSION_SECRET: STRONG, INTERNAL_SECRET: STRONG };
    assert.equal(loadUpConfig(given({ ...open, ...oidc, ...secrets })).devProvider, undefined);
  }
});

test('a public URL without TLS is for loopback only', (t) => {
  const oidc = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'visiona' };
  const env = { VISIONA_DATA_DIR: tempDir(t), SESSION_SECRET: STRONG, INTERNAL_SECRET: STRONG, ...oidc };
  for (const ok of ['https://visiona.example', 'http://localhost:3721', 'http://[::1]:3721']) {
    assert.equal(loadUpConfig(given({ ...env, VISIONA_PUBLIC_URL: ok })).publicUrl?.origin, ok);
  }
  for (const bad of [
    'http://visiona.example',
    'https://u:p@visiona.example',
    'https://visiona.example/app',
  ]) {
    assert.match(
      issuesOf(() => loadUpConfig(given({ ...env, VISIONA_PUBLIC_URL: bad })))[0] ?? '',
      /^VISIONA_PUBLIC/,
    );
  }
  assert.match(
    issuesOf(() => loadUpConfig(given({ ...env, VISIONA_API_ADDR: '10.0.0.1:80' })))[0] ?? '',
    /TLS/,
  );
});

test('attack 12: secrets under 32 bytes, the examples of the documentation and blanks are refused, unseen', (t) => {
  const dir = tempDir(t);
  for (const secret of ['tooshort', `${STRONG} ${STRONG}`, ...EXAMPLE_SECRETS]) {
    for (const name of ['INTERNAL_SECRET', 'SESSION_SECRET']) {
      const lines = issuesOf(() => loadUpConfig(given({ VISIONA_DATA_DIR: dir, [name]: secret })));
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', new RegExp(`^${name}: .*openssl rand`));
      assert.doesNotMatch(lines[0] ?? '', new RegExp(secret));
    }
  }
});

test('SESSION_SECRET is a list in order, INTERNAL_SECRET is one secret, commas and all', (t) => {
  const env = {
    VISIONA_DATA_DIR: tempDir(t),
    SESSION_SECRET: `${STRONG}1, ${STRONG}2`,
    INTERNAL_SECRET: `${STRONG},x`,
  };
  const config = loadUpConfig(given(env));
  assert.deepEqual(
    config.sessionSecrets?.map((secret) => secret.reveal()),
    [`${STRONG}1`, `${STRONG}2`],
  );
  assert.equal(config.internalSecret.reveal(), `${STRONG},x`);
  assert.deepEqual(
    issuesOf(() => loadUpConfig(given({ ...env, SESSION_SECRET: `${STRONG},old` }))).map((line) =>
      line.slice(0, 24),
    ),
    ['SESSION_SECRET: entry 2:'],
  );
});

test('processes that share a data directory share its generated secrets', (t) => {
  const env = { VISIONA_DATA_DIR: join(tempDir(t), 'made') };
  const up = loadUpConfig(given(env));
  assert.ok(up.internalSecret.reveal().length >= 32);
  assert.equal(loadProxyConfig(given(env)).internalSecret.reveal(), up.internalSecret.reveal());
  const api = loadApiConfig(given(env));
  assert.equal(api.internalSecret.reveal(), up.internalSecret.reveal());
  // Made once it is known that these data have no other.
  assert.deepEqual([up.sessionSecrets, api.sessionSecrets], [undefined, undefined]);
  assert.equal(findGenerated('session-secret', env.VISIONA_DATA_DIR), undefined);
});

test('beyond loopback a process does not start without its secret, unless the data directory has one', (t) => {
  const env = { VISIONA_DATA_DIR: tempDir(t) };
  const proxy = given({ ...env, VISIONA_INTERNAL_ADDR: '0.0.0.0:3801' });
  assert.match(
    issuesOf(() => loadProxyConfig(proxy)).join('\n'),
    /^INTERNAL_SECRET: it must be set when 0\.0\.0\.0/,
  );
  const api = given({ ...env, VISIONA_PROXY_URL: 'http://10.0.0.2:3801', VISIONA_API_ADDR: '0.0.0.0:3721' });
  assert.deepEqual(
    issuesOf(() => loadApiConfig(api)).map((line) => line.split(':')[0]),
    ['INTERNAL_SECRET', 'SESSION_SECRET'],
  );
  const { internalSecret } = loadUpConfig(given(env));
  assert.equal(loadProxyConfig(proxy).internalSecret.reveal(), internalSecret.reveal());
});

test('the agent reads its own settings', () => {
  const config = loadAgentConfig(
    given(
      { VISIONA_SIMULATE: 'yes', VISIONA_DEVICE_TOKEN: 'abc', VISIONA_TOKEN_FILE: 'token' },
      { target: 'http://h:1' },
    ),
  );
  assert.equal(config.simulate, true);
  assert.equal(config.deviceToken?.reveal(), 'abc');
  assert.equal(config.target.origin, 'http://h:1');
  assert.equal(config.tunnelUrl, undefined);
  assert.ok(isAbsolute(config.tokenFile));
  const both = given({ VISIONA_DEVICE_TOKEN: 'abc', VISIONA_PAIR: 'K7' });
  assert.match(issuesOf(() => loadAgentConfig(both)).join('\n'), /^VISIONA_PAIR: /);
});

test('OIDC settings are read whole', (t) => {
  const env = {
    VISIONA_DATA_DIR: tempDir(t),
    OIDC_ISSUER: 'https://id.example/realms/a',
    OIDC_CLIENT_ID: 'visiona',
    OIDC_CLIENT_SECRET: 's3cret',
    OIDC_SCOPES: 'openid  offline_access',
    OIDC_AUDIENCE: 'api',
    OIDC_CONSENT: 'never',
    OIDC_CLOCK_TOLERANCE: '0',
    OIDC_DISCOVERY_REFRESH: '86400',
  };
  const { oidc } = loadUpConfig(given(env));
  assert.equal(oidc?.issuer.href, 'https://id.example/realms/a');
  assert.equal(oidc?.clientSecret?.reveal(), 's3cret');
  assert.deepEqual(oidc?.scopes, ['openid', 'offline_access']);
  assert.equal(oidc?.audience, 'api');
  assert.deepEqual([oidc?.consent, oidc?.clockToleranceS, oidc?.discoveryRefreshS], ['never', 0, 86_400]);
  assert.doesNotMatch(JSON.stringify(oidc), /s3cret/);
});

test('S4, S8, S9: how a provider is dealt with has bounds, and all mistakes come at once', (t) => {
  const dir = { VISIONA_DATA_DIR: tempDir(t) };
  const { scopes, ...policy } = loadUpConfig(given(dir)).devProvider?.policy ?? { scopes: [] };
  assert.deepEqual(policy, { consent: 'auto', clockToleranceS: 30, discoveryRefreshS: 600 });
  const wrong = { OIDC_CONSENT: 'maybe', OIDC_CLOCK_TOLERANCE: '-1', OIDC_DISCOVERY_REFRESH: '0' };
  const names = issuesOf(() => loadUpConfig(given({ ...dir, ...wrong }))).map((line) => line.split(':')[0]);
  assert.deepEqual(names, Object.keys(wrong));
  for (const over of [{ OIDC_CLOCK_TOLERANCE: '601' }, { OIDC_DISCOVERY_REFRESH: '86401' }]) {
    assert.equal(issuesOf(() => loadUpConfig(given({ ...dir, ...over }))).length, 1);
  }
});

test('a token comes from the development provider of this machine, or from one that is named with its audience', (t) => {
  const { issuer, clientId, audience } = loadTokenConfig(given({}));
  assert.equal(issuer.href, 'http://127.0.0.1:3722/');
  const { devProvider } = loadUpConfig(given({ VISIONA_DATA_DIR: tempDir(t) }));
  assert.deepEqual([clientId, audience], ['visiona', devProvider?.audience]);
  const named = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'cli' };
  assert.match(issuesOf(() => loadTokenConfig(given(named))).join(), /^OIDC_AUDIENCE: it is missing/);
  assert.equal(loadTokenConfig(given({ ...named, OIDC_AUDIENCE: 'urn:x' })).audience, 'urn:x');
  const unknown = issuesOf(() => loadTokenConfig(given({ VISIONA_DEV_OP_ADDR: '127.0.0.1:0' })));
  assert.match(unknown.join(), /^OIDC_ISSUER: the port/);
});
