/** The examples that people copy compile: the one in joinApp's docstring and the one in the README. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import ts from 'typescript';
import {describe, expect, it} from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

function docstringExample(): string {
  const text = readFileSync(join(ROOT, 'src', 'container', 'join.ts'), 'utf8');
  const [, example = ''] = /@example\n([\s\S]*?)\n \*\n \* @throws/.exec(text) ?? [];
  return example.replaceAll(/^ \* ?/gm, '');
}

function readmeExample(): string {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  return /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
}

/** Complaints of the compiler about the code as a module of this project. */
function complaints(code: string): string[] {
  const {config} = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) =>
    readFileSync(path, 'utf8'),
  ) as {
    config: {compilerOptions: object};
  };
  const door = join(ROOT, 'src', 'container', 'index.ts');
  const json = {...config.compilerOptions, paths: {'sm-shard-manager': [door]}};
  const {options} = ts.convertCompilerOptionsFromJson(json, ROOT);
  const file = join(ROOT, 'example.ts');
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.readFile = (path) => (path === file ? code : read(path));
  host.fileExists = (path) => path === file || exists(path);
  const source = host.getSourceFile.bind(host);
  host.getSourceFile = (path, version) =>
    path === file ? ts.createSourceFile(path, code, version) : source(path, version);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(({messageText}) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('the example of joinApp', () => {
  for (const [where, example] of [
    ['docstring', docstringExample()],
    ['README', readmeExample()],
  ] as const) {
    it(`in the ${where} compiles`, () => {
      expect(example).toContain('joinApp');
      expect(complaints(example)).toEqual([]);
    });
  }

  it('would be found out if it did not', () => {
    expect(complaints(docstringExample().replace('async drop', 'async release'))).not.toEqual([]);
  });
});
