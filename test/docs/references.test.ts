/** What code and documents refer to must exist: files, and sections of documents. */
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';

const CODE_FOLDERS = ['src', 'test', 'scripts', 'bin', 'examples'];
/** Made by a run, or by whoever reads: not in the repository. */
const MADE = new Set(['report.md']);

function filesBelow(folder: string, suffixes: readonly string[]): string[] {
  return readdirSync(folder, {withFileTypes: true, recursive: true})
    .filter((entry) => entry.isFile() && suffixes.some((suffix) => entry.name.endsWith(suffix)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'));
}

function headings(path: string): Set<string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  return new Set(
    lines.flatMap((line) => {
      const heading = /^#+ (.+)$/.exec(line)?.[1];
      return heading === undefined ? [] : [heading];
    }),
  );
}

/** As GitHub makes the anchors of headings. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** The document without what stands between backquotes. */
function withoutCode(path: string): string {
  return readFileSync(path, 'utf8').replace(/`[^`\n]*`/g, '');
}

interface Reference {
  readonly from: string;
  readonly document: string;
  readonly sections: readonly string[];
}

/** `protocol.md, "Failure detector", "Eviction"` in code. */
function referencesIn(path: string): Reference[] {
  const text = readFileSync(path, 'utf8').replace(/\n\s*(?:\*|\/\/)\s*/g, ' ');
  return [...text.matchAll(/([\w./-]+\.md)((?:, "[^"\n]+")*)/g)].map((match) => ({
    from: path,
    document: match[1] ?? '',
    sections: [...(match[2] ?? '').matchAll(/"([^"]+)"/g)].map((section) => section[1] ?? ''),
  }));
}

function found(from: string, document: string): string | undefined {
  const places = [document, join('docs', document), join(dirname(from), document)];
  return places.find((place) => existsSync(place));
}

describe('references', () => {
  const code = CODE_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    filesBelow(folder, ['.ts', '.tsx', '.js', '.sh']),
  );

  it('in code to documents name files and sections that exist', () => {
    const references = code
      .flatMap(referencesIn)
      .filter(({document, from}) => !MADE.has(document) && !from.includes('test/docs/'));
    const missing = references.flatMap(({from, document, sections}) => {
      const path = found(from, document);
      if (path === undefined) return [`${from}: ${document}`];
      const known = headings(path);
      return sections
        .filter((section) => !known.has(section))
        .map((section) => `${from}: ${document}, "${section}"`);
    });
    expect(missing).toEqual([]);
    expect(references.length).toBeGreaterThan(20);
  });

  it('in documents to files of the code name files that exist', () => {
    const documents = ['README.md', 'CONTRIBUTING.md', ...filesBelow('docs', ['.md'])];
    const missing = documents
      .filter((path) => !path.includes('docs/results/'))
      .flatMap((path) =>
        [...readFileSync(path, 'utf8').matchAll(/`((?:src|test|scripts|examples)\/[\w./-]+)`/g)]
          .map((match) => match[1] ?? '')
          .filter((name) => !existsSync(name))
          .map((name) => `${path}: ${name}`),
      );
    expect(missing).toEqual([]);
  });

  it('between documents lead to files and sections that exist', () => {
    const documents = [
      'README.md',
      'CONTRIBUTING.md',
      'MIGRATION.md',
      ...filesBelow('docs', ['.md']),
    ];
    const missing = documents.flatMap((path) =>
      [...withoutCode(path).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
        .filter(([, target, section]) => {
          const file = target === '' ? path : join(dirname(path), target ?? '');
          if (!existsSync(file)) return true;
          return section !== undefined && ![...headings(file)].map(anchor).includes(section);
        })
        .map(([link]) => `${path}: ${link}`),
    );
    expect(missing).toEqual([]);
  });
});
