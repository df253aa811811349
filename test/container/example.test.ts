/** The examples that people copy compile: the one in joinApp's docstring, the one in the README, and those of docs/sdk.md. */
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

/** All examples of docs/sdk.md, which build on each other, and what they stand in. */
function sdkExamples(): string {
  const text = readFileSync(join(ROOT, 'docs', 'sdk.md'), 'utf8');
  const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  return [
    "import type {JoinOptions, Shard} from 'sm-shard-manager';",
    'declare const shard: Shard;',
    ...blocks,
    "export const options: JoinOptions = {app: 'orders', endpoints: [], tls, etcd};",
    "export const vault: NonNullable<JoinOptions['etcd']> = {tls: {ca: () => Promise.resolve('PEM')}};",
  ].join('\n');
}

/** Complaints of the compiler about the code as a module of this project. */
function complaints(code: string): string[] {
  const {config} = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) =>
    readFileSync(path, 'utf8'),
  ) as {
    config: {compilerOptions: object};
  };
  const paths = {
    'sm-shard-manager': [join(ROOT, 'src', 'container', 'index.ts')],
    'sm-shard-manager/admin': [join(ROOT, 'src', 'admin', 'index.ts')],
  };
  const json = {...config.compilerOptions, paths};
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

describe('the examples of the SDK', () => {
  for (const [where, example] of [
    ['docstring', docstringExample()],
    ['README', readmeExample()],
  ] as const) {
    it(`of joinApp in the ${where} compiles`, () => {
      expect(example).toContain('joinApp');
      expect(complaints(example)).toEqual([]);
    });
  }

  it('in docs/sdk.md compile', () => {
    const examples = sdkExamples();
    for (const word of ['shard.report', 'AdminClient', 'movesStream', 'const tls', 'const etcd'])
      expect(examples).toContain(word);
    expect(complaints(examples)).toEqual([]);
  });

  it('would be found out if it did not', () => {
    expect(complaints(docstringExample().replace('async drop', 'async release'))).not.toEqual([]);
  });
});
