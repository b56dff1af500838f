// This file is the list of commands; parsing and help come from it.
import {
  loadAgentConfig,
  loadApiConfig,
  loadDeviceAddConfig,
  loadDeviceListConfig,
  loadProxyConfig,
  loadStoreConfig,
  loadTokenConfig,
  loadUpConfig,
} from '../config/load.js';
import { describeConfig } from '../config/report.js';
import { settings } from '../config/settings.js';
import { tables } from '../config/tables.js';
import { locationOf } from '../store/location.js';
import { VERSION } from '../version.js';
import type { Command, Invocation } from './command.js';
import { print } from './command.js';
import { longRunning } from './long-running.js';

/** All commands. Each loads the process or the store that it needs when it runs, so that every command starts fast. */
export const commands: readonly Command[] = [
  {
    name: 'up',
    summary: 'Runs api-server and remote-proxy in one process.',
    operands: [],
    table: tables.up,
    examples: ['visiona up', 'visiona up --api-addr 127.0.0.1:0 --data-dir /var/lib/visiona'],
    run: longRunning(loadUpConfig, async () => (await import('./compose/up.js')).startUp),
  },
  {
    name: 'api-server',
    summary:
      'Runs the REST side: sign-in, pairing, device registry, and calls to devices through remote-proxy.',
    operands: [],
    table: tables.api,
    examples: ['visiona api-server --proxy-url http://127.0.0.1:3801'],
    run: longRunning(loadApiConfig, async () => (await import('./compose/api-server.js')).startApiServer),
  },
  {
    name: 'remote-proxy',
    summary: 'Runs the tunnel side: owns the tunnels of devices and forwards requests into them.',
    operands: [],
    table: tables.proxy,
    examples: ['visiona remote-proxy --tunnel-addr 0.0.0.0:3800'],
    run: longRunning(
      loadProxyConfig,
      async () => (await import('./compose/remote-proxy.js')).startRemoteProxy,
    ),
  },
  {
    name: 'agent',
    summary: 'Runs on a device: dials the tunnel and forwards its streams to a local HTTP service.',
    operands: [],
    table: tables.agent,
    examples: [
      'visiona agent --public-url https://visiona.example --pair ABCDE-FGHJK --target http://127.0.0.1:8080',
      'visiona agent --tunnel-url wss://tunnel.visiona.example --device-token TOKEN --target http://127.0.0.1:8080',
      'visiona agent --simulate',
    ],
    run: longRunning(loadAgentConfig, async () => (await import('./compose/agent.js')).startAgent),
  },
  {
    name: 'token',
    summary: 'Gets an access token for REST calls from the OpenID provider, confirmed in a browser.',
    operands: [],
    table: tables.token,
    examples: [
      'visiona token',
      'visiona token --keep ~/.visiona/grant',
      'visiona token --oidc-issuer https://id.example --oidc-client-id visiona --oidc-audience https://visiona.example',
    ],
    async run({ raw, stdout, stderr }) {
      const config = loadTokenConfig(raw);
      const { printToken } = await import('./token.js');
      await printToken(config, { stdout, stderr });
      return 0;
    },
  },
  {
    name: 'device add',
    summary: 'Adds devices of a user and prints their session tokens, once.',
    operands: [],
    table: tables.deviceAdd,
    examples: [
      'visiona device add --user alice --name "Line 3 camera"',
      'visiona device add --user alice --name bench --count 1000 --json',
      'visiona device add --oidc-issuer https://id.example --user 248289761001 --name "Line 3 camera"',
    ],
    async run({ raw, stdout }) {
      const { issuer, user, name, count = 1, json = false, ...store } = loadDeviceAddConfig(raw);
      const { deviceAdd } = await import('./device.js');
      await deviceAdd({ issuer, user, name, count, json }, { location: locationOf(store), stdout });
      return 0;
    },
  },
  {
    name: 'device list',
    summary: 'Lists devices.',
    operands: [],
    table: tables.deviceList,
    examples: ['visiona device list --user alice'],
    async run({ raw, stdout, stderr }) {
      const { user, revoked = false, json = false, proxy, ...store } = loadDeviceListConfig(raw);
      const [{ deviceList }, { devicesOnline }] = await Promise.all([
        import('./device.js'),
        import('./devices-online.js'),
      ]);
      const online = () => devicesOnline(proxy, stderr);
      const values = { revoked, json, ...(user !== undefined && { user }) };
      await deviceList(values, online, { location: locationOf(store), stdout });
      return 0;
    },
  },
  {
    name: 'device revoke',
    summary: 'Revokes the credentials of a device; its tunnel is closed within a second.',
    operands: ['ID'],
    table: tables.deviceRevoke,
    examples: ['visiona device revoke ID'],
    async run({ raw, operands: [deviceId = ''], stdout }) {
      const store = loadStoreConfig(tables.deviceRevoke, raw);
      const { deviceRevoke } = await import('./device.js');
      await deviceRevoke({ deviceId }, { location: locationOf(store), stdout });
      return 0;
    },
  },
  {
    name: 'sessions end',
    summary: 'Signs everybody out, at once, and lets the next start bring another SESSION_SECRET.',
    operands: [],
    table: tables.sessionsEnd,
    examples: ['visiona sessions end'],
    async run({ raw, stdout }) {
      const store = loadStoreConfig(tables.sessionsEnd, raw);
      const { sessionsEnd } = await import('./operator.js');
      await sessionsEnd(locationOf(store), stdout);
      return 0;
    },
  },
  {
    name: 'config',
    summary: 'Prints the configuration in force and where each value comes from; secrets are not shown.',
    operands: [],
    table: settings,
    examples: ['visiona config', 'visiona config --data-dir /var/lib/visiona'],
    run: printConfig,
  },
  {
    name: 'version',
    summary: 'Prints the version.',
    operands: [],
    table: {},
    examples: [],
    async run({ stdout }) {
      await print(stdout, `${VERSION}\n`);
      return 0;
    },
  },
];

/** `visiona config`: prints every setting, and on stderr each error in them. @returns 1 if there is an error */
async function printConfig({ raw, stdout, stderr }: Invocation): Promise<number> {
  const { rows, issues, notes } = describeConfig(raw);
  const width = (column: 'name' | 'value'): number => Math.max(...rows.map((row) => row[column].length));
  const [names, values] = [width('name'), width('value')];
  const lines = rows.map(
    ({ name, value, source }) => `${name.padEnd(names)}  ${value.padEnd(values)}  ${source}\n`,
  );
  await print(stdout, lines.join(''));
  for (const { name, problem } of [...notes, ...issues]) stderr.write(`${name}: ${problem}\n`);
  return issues.length === 0 ? 0 : 1;
}
