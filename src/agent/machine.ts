// `describeMachine` reads from the system what a device reports about itself when it is paired.
import { readFile } from 'node:fs/promises';
import { arch, hostname, type } from 'node:os';
import { MAX_NAME, truncate } from '../text/characters.js';

/** The description that a device gives of itself when it is paired. */
export interface Machine {
  readonly name: string;
  readonly model: string;
  readonly serial?: string;
}

/**
 * The files in which Linux names the machine: the device tree of a board, or the firmware of a PC. The first with a text
 * counts.
 */
const MODEL_FILES = ['/proc/device-tree/model', '/sys/class/dmi/id/product_name'];
/** The files in which Linux keeps the serial number; only root can read the second. */
const SERIAL_FILES = ['/proc/device-tree/serial-number', '/sys/class/dmi/id/product_serial'];

/** Texts that makers of PCs leave in their firmware in place of a model or serial number. */
const PLACEHOLDER =
  /^(0+|none|default string|not (specified|applicable)|system (product name|serial number)|to be filled by o\.?e\.?m\.?|n\/a)$/i;

/** Describes this machine. @param read reads the text of a file */
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
    // Some machines lack the file, and some users may not read it.
    const text = line(await read(path).catch(() => ''));
    if (text !== undefined && !PLACEHOLDER.test(text)) return text;
  }
  return undefined;
}

/** One line without control characters, such as the NUL that ends a text of the device tree; undefined if nothing is left. */
function line(text: string): string | undefined {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return visible === '' ? undefined : truncate(visible, MAX_NAME);
}
