// `describeMachine` reads from the system what a device says of itself when it is paired.
import { readFile } from 'node:fs/promises';
import { arch, hostname, type } from 'node:os';
import { cut, MAX_NAME } from '../text/characters.js';

/** What a device says of itself when it is paired. */
export interface Machine {
  readonly name: string;
  readonly model: string;
  readonly serial?: string;
}

/** Where Linux says what it runs on: the device tree of a board, or the firmware of a PC. The first that says something. */
const MODEL_FILES = ['/proc/device-tree/model', '/sys/class/dmi/id/product_name'];
/** Where Linux has the serial number; the second file is for root only. */
const SERIAL_FILES = ['/proc/device-tree/serial-number', '/sys/class/dmi/id/product_serial'];

/** Texts that makers of PCs leave in their firmware in place of a model or serial number. */
const PLACEHOLDER =
  /^(0+|none|default string|not (specified|applicable)|system (product name|serial number)|to be filled by o\.?e\.?m\.?|n\/a)$/i;

/** Reads what this machine says of itself. @param read the text of a file */
export async function describeMachine(
  read: (path: string) => Promise<string> = (path) => readFile(path, 'utf8'),
): Promise<Machine> {
  const [model, serial] = [await first(MODEL_FILES, read), await first(SERIAL_FILES, read)];
  return {
    name: line(hostname()) ?? 'device',
    model: model ?? `${type()} ${arch()}`,
    ...(serial !== undefined && { serial }),
  };
}

async function first(
  paths: readonly string[],
  read: (path: string) => Promise<string>,
): Promise<string | undefined> {
  for (const path of paths) {
    // A file is missing on other machines, and closed to other users.
    const text = line(await read(path).catch(() => ''));
    if (text !== undefined && !PLACEHOLDER.test(text)) return text;
  }
  return undefined;
}

/** One line without control characters, such as the NUL that ends a text of the device tree; undefined if nothing is left. */
function line(text: string): string | undefined {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return visible === '' ? undefined : cut(visible, MAX_NAME);
}
