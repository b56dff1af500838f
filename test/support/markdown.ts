// What a test reads of the documents of this repository.
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

/** A document of the repository, by its path from the root. */
export function readDocument(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The Markdown files of the repository, by their paths from its root. */
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

export function codeBlocks(text: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = '';
  for (const [, title, language = '', code = ''] of text.matchAll(/^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$/gms)) {
    if (title === undefined) blocks.push({ heading, language, code });
    else heading = title;
  }
  return blocks;
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchors(text: string): readonly string[] {
  const withoutCode = text.replace(/^```.*?^```$/gms, '');
  return [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Commands for a shell that stand in a document, block by block. */
export function shellBlocks(file: string): readonly CodeBlock[] {
  return codeBlocks(readDocument(file)).filter(({ language }) => language === 'sh');
}

/** Where the links of a document lead that name a file of the repository, `#…` included. */
export function relativeLinks(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}
