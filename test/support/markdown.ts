// This file reads the documents of this repository for tests.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/root.js';

/** A fenced block of a document. */
export interface CodeBlock {
  /** The last heading before it, without its marks. */
  readonly heading: string;
  readonly language: string;
  readonly code: string;
}

/** Reads a document of the repository, by its path from the root. */
export function readDocument(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Lists the Markdown files of the repository, by their paths from its root. */
export function documents(): readonly string[] {
  const of = (folder: string, recursive: boolean) =>
    readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(folder, file));
  return [
    ...of('.', false),
    ...['bench', 'docs', 'findings', 'src', 'test'].flatMap((folder) => of(folder, true)),
  ];
}

/** Reads the fenced blocks of a document. */
export function codeBlocks(text: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = '';
  for (const [, title, language = '', code = ''] of text.matchAll(/^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$/gms)) {
    if (title === undefined) blocks.push({ heading, language, code });
    else heading = title;
  }
  return blocks;
}

/** Makes the anchors of a document's headings as GitHub does. */
export function anchors(text: string): readonly string[] {
  const withoutCode = text.replace(/^```.*?^```$/gms, '');
  return [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Reads the blocks of shell commands in a document. */
export function shellBlocks(file: string): readonly CodeBlock[] {
  return codeBlocks(readDocument(file)).filter(({ language }) => language === 'sh');
}

/** Lists the links of a document to files of the repository, including their `#…`. */
export function relativeLinks(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}
