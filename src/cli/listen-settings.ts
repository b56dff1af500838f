import { type RawSettings, readSetting } from '../config/read.js';
import type { SettingTable } from '../config/setting.js';
import { ListenError } from '../net/address.js';

/** A {@link ListenError} with the setting that its address comes from, which is what can be changed; other errors as they are. */
export function withListenSetting(error: unknown, table: SettingTable, given: RawSettings): unknown {
  if (!(error instanceof ListenError)) return error;
  const { host, port } = error.address;
  const names = Object.values(table).flatMap((setting) => {
    const reading = readSetting(setting, given);
    if (!reading.ok || !isAddress(reading.value)) return [];
    if (reading.value.host !== host || reading.value.port !== port) return [];
    return [reading.source === 'flag' || setting.env === undefined ? `--${setting.flag}` : setting.env];
  });
  if (names.length === 0) return error;
  return new ListenError(error.address, names.join(' or '));
}

function isAddress(value: unknown): value is ListenError['address'] {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value;
}
