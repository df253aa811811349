/** The commands that documents name: they are there, with these flags. What they do is for tests that run them. */
import {readFileSync, readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {commandFault} from './command-reference.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Tells of what was. */
const HISTORY = 'CHANGELOG.md';
const documents = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md') && file !== HISTORY),
  ...readdirSync(join(ROOT, 'docs'), {recursive: true, encoding: 'utf8'})
    .filter((file) => file.endsWith('.md') && !file.startsWith('results'))
    .map((file) => join('docs', file)),
];

/** Code between backquotes, the lines of blocks for a shell, and what follows a prompt in others. */
function codeOf(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const blocks = [...text.matchAll(/^ *```(.*)\n([^]*?)^ *```/gm)].flatMap(
    ([, language = '', block = '']) => {
      const code = block.split('\n').map((line) => line.trim());
      return language === 'sh' ? code : code.filter((line) => line.startsWith('$ '));
    },
  );
  const inline = [...text.replace(/^ *```[^]*?^ *```/gm, '').matchAll(/`([^`\n]+)`/g)];
  return [...blocks, ...inline.map(([, code = '']) => code)].map((code) =>
    code.replace(/^\$ /, ''),
  );
}

describe.each(documents)('%s', (document) => {
  const lines = codeOf(document);

  it('names commands and flags of sm that there are', () => {
    // Not `sm call v1`: the text that a call's signature begins with.
    const asked = lines.flatMap(
      (line) => /^sm (?!(?:call|answer) v1)([a-z]+(?: .*)?)$/.exec(line)?.[1] ?? [],
    );
    expect(asked.flatMap((line) => commandFault(line) ?? [])).toEqual([]);
  });

  it('names scripts of the repository that there are', () => {
    const {scripts} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const asked = lines.flatMap((line) => /^npm run (?:-s )?([\w:]+)/.exec(line)?.[1] ?? []);
    expect(asked.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

/** Commands with flags in texts and comments of the code; what is put into a text stands as X. */
function commandsIn(source: string): string[] {
  const text = source.replace(/\$\{[^{}]*\}/g, 'X').replaceAll('<%= config.bin %>', 'sm');
  return [...text.matchAll(/\bsm ([a-z][^,;:()'"`\n]* -[^,;:()'"`\n]*)/g)].map(([, line = '']) =>
    (line.split('. ')[0] ?? '').trim().replace(/[.?]$/, ''),
  );
}

it('the code names commands and flags of sm that there are, as in what it says to do', () => {
  const sources = readdirSync(join(ROOT, 'src'), {recursive: true, encoding: 'utf8'}).filter(
    (file) => /\.tsx?$/.test(file),
  );
  const asked = sources.flatMap((file) =>
    commandsIn(readFileSync(join(ROOT, 'src', file), 'utf8'))
      // Each command has --help; `complete` is for shells, and hidden.
      .filter((line) => !line.endsWith(' --help') && !line.startsWith('complete '))
      .map((line) => ({file, line})),
  );
  expect(asked.length).toBeGreaterThan(150);
  const faults = asked.flatMap(({file, line}) => {
    const fault = commandFault(line);
    return fault === undefined ? [] : [`${file}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

it('finds what there is not', () => {
  expect(commandFault('app list')).toContain('no command');
  expect(commandFault('app ls --frobnicate')).toContain('--frobnicate');
  expect(commandFault('app ls --watch -o json')).toBeUndefined();
});
