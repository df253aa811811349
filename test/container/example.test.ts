/** The examples that people copy compile: the one in joinApp's docstring, the one in the README, and those of docs/sdk.md. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import ts from 'typescript';
import {beforeAll, describe, expect, it} from 'vitest';

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
    "export const options: JoinOptions = {app: 'orders', endpoints: [], ...addresses, tls, etcd};",
    "export const vault: NonNullable<JoinOptions['etcd']> = {tls: {ca: () => Promise.resolve('PEM')}};",
  ].join('\n');
}

/** Complaints of the compiler about each code, as a module of this project: one program has all of them, as it takes seconds to read the project. */
function complaintsOf(codes: readonly string[]): string[][] {
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
  const files = new Map(codes.map((code, at) => [join(ROOT, `example-${at}.ts`), code]));
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.readFile = (path) => files.get(path) ?? read(path);
  host.fileExists = (path) => files.has(path) || exists(path);
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({messageText}) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  );
}

const EXAMPLES = {
  docstring: docstringExample(),
  README: readmeExample(),
  'docs/sdk.md': sdkExamples(),
  wrong: docstringExample().replace('async drop', 'async release'),
};
let complaints: Map<string, readonly string[]>;

beforeAll(() => {
  const found = complaintsOf(Object.values(EXAMPLES));
  complaints = new Map(Object.keys(EXAMPLES).map((where, at) => [where, found[at] ?? []]));
});

describe('the examples of the SDK', () => {
  it.each(['docstring', 'README'] as const)('of joinApp in the %s compiles', (where) => {
    expect(EXAMPLES[where]).toContain('joinApp');
    expect(complaints.get(where)).toEqual([]);
  });

  it('in docs/sdk.md compile', () => {
    for (const word of ['shard.report', 'AdminClient', 'movesStream', 'const tls', 'const etcd'])
      expect(EXAMPLES['docs/sdk.md']).toContain(word);
    expect(complaints.get('docs/sdk.md')).toEqual([]);
  });

  it('would be found out if it did not', () => {
    expect(complaints.get('wrong')).not.toEqual([]);
  });
});
