// This module prints what a newcomer can do after npm start, as commands to be copied as they are.
import { say } from './setup.mjs';

const PROGRAM = 'node dist/src/cli/visiona.js';
/** The address where `visiona token` looks for the development provider if no flag names another. */
const PROVIDER = 'http://127.0.0.1:3722';

/**
 * Makes the printer of the next steps.
 * @param {string} folder the folder where a device may keep its token, as a shell's word
 * @param {Record<string, string>} up the ready line of `visiona up`
 * @param {NodeJS.ProcessEnv} env
 */
export function nextSteps(folder, { api = '', provider }, env) {
  const url = env.VISIONA_PUBLIC_URL || api;
  const who = provider === undefined ? '' : ' (any name, any password)';
  return {
    /** Prints the steps after the start. */
    say() {
      say(`next: open ${url} and sign in${who}`);
      say('then: "Pair a device" on the page shows a CODE; this starts a simulated device with it:');
      print([`${PROGRAM} agent --simulate --token-file ${folder}/my-device --pair CODE --public-url ${url}`]);
    },
    /** Reads a log line of `visiona up`; when a device was paired, prints how to call the device. @param {string} line */
    heard(line) {
      if (!line.includes('"msg":"a device was paired"')) return;
      const { deviceId } = JSON.parse(line);
      say(`paired: device ${deviceId}; to call it, as whoever it belongs to:`);
      print([
        `TOKEN=$(${PROGRAM} token${providerFlag(provider)})`,
        `curl -H "Authorization: Bearer $TOKEN" ${url}/api/devices/${deviceId}/system`,
      ]);
      if (provider === undefined && !env.OIDC_AUDIENCE) say('for tokens of REST clients, set OIDC_AUDIENCE');
    },
  };
}

/** @param {string | undefined} provider */
function providerFlag(provider) {
  return provider === undefined || provider === PROVIDER ? '' : ` --dev-op-addr ${new URL(provider).host}`;
}

/** @param {readonly string[]} commands */
function print(commands) {
  for (const command of commands) process.stdout.write(`    ${command}\n`);
}
