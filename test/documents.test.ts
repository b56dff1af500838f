// What the documents name is there: files, headings, commands with their flags, settings, scripts of npm.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../src/cli/commands.js';
import { settings } from '../src/config/settings.js';
import { root } from './scripts/root.js';
import { anchors, documents, readDocument, relativeLinks } from './support/markdown.js';

/** The history names what was there once. */
const current = documents().filter((file) => file !== 'CHANGELOG.md');

/** Settings of the tests, which are none of the program. */
const OF_THE_TESTS = ['VISIONA_TEST_SIZE', 'VISIONA_DEBIAN13'];

/** All that a document says and that this finds wrong, each with the document's name. */
function wrong(find: (text: string, file: string) => Iterable<string>): string[] {
  return current.flatMap((file) =>
    [...new Set(find(readDocument(file), file))].map((it) => `${file}: ${it}`),
  );
}

test('each link leads to a file that is there, and to a heading of it', () => {
  assert.deepEqual(
    wrong((text, file) =>
      relativeLinks(text).filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && !anchors(readDocument(target)).includes(anchor);
      }),
    ),
    [],
  );
});

test('each file that is named is there', () => {
  assert.deepEqual(
    wrong((text) => {
      const named = text.matchAll(/(?<![\w/.-])(?:src|test|bench|scripts|docs|findings)\/[\w./-]*\w/g);
      return [...named].map(([path]) => path).filter((path) => !isThere(path) && !/NAME|NNNN/.test(path));
    }),
    [],
  );
});

/** True: it is a file or folder; or, as is usual for sources and decisions, one but for the end of its name. */
function isThere(path: string): boolean {
  if (existsSync(join(root, path))) return true;
  const [folder, name] = [join(root, dirname(path)), basename(path)];
  const next = /^\d{4}$/.test(name) ? '-' : '.';
  return existsSync(folder) && readdirSync(folder).some((each) => each.startsWith(name + next));
}

test('each command of visiona is one, and has the flags that are named with it', () => {
  assert.deepEqual(
    wrong((text) => {
      const lines = text.replaceAll('\\\n', ' ');
      const said = lines.matchAll(
        /(?:`|\$\(|^|sudo |bin\/|node dist\/src\/cli\/)visiona(?:\.js)? ([a-z][^`\n|)#;&]*)/gm,
      );
      return [...said].map(([, words = '']) => words).filter((words) => !isCommand(words.trim()));
    }),
    [],
  );
});

/** @param words what follows `visiona` */
function isCommand(words: string): boolean {
  if (/^(help|COMMAND --help)$/.test(words)) return true;
  const command = commands.find(({ name }) => `${words} `.startsWith(`${name} `));
  // Some have a family name: `visiona device …`.
  if (command === undefined) return commands.some(({ name }) => name.startsWith(`${words.split(' ')[0]} `));
  const flags = ['--help', ...Object.values(command.table).map(({ flag }) => `--${flag}`)];
  return [...words.matchAll(/(?<=\s)--[a-z-]+/g)].every(([flag]) => flags.includes(flag));
}

test('each setting is one', () => {
  const known = [...Object.values(settings).map(({ env }) => env), ...OF_THE_TESTS];
  assert.deepEqual(
    wrong((text) =>
      [...text.matchAll(/\b(?:VISIONA|OIDC)_[A-Z0-9_]*[A-Z0-9]/g)]
        .map(([name]) => name)
        .filter((name) => !known.includes(name)),
    ),
    [],
  );
});

test('each script of npm is one', () => {
  const { scripts } = JSON.parse(readDocument('package.json'));
  assert.deepEqual(
    wrong((text) =>
      [...text.matchAll(/npm run (?:--silent )?([a-z:]+)/g)]
        .map(([, name = '']) => name)
        .filter((name) => !(name in scripts)),
    ),
    [],
  );
});
