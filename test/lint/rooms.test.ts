/** The rules of the house are held by machine: these tests hold the machine. */
import {readFileSync, readdirSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {ESLint} from 'eslint';
import {describe, expect, it} from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const SRC = join(ROOT, 'src');

const eslint = new ESLint({
  cwd: ROOT,
  overrideConfig: {languageOptions: {parserOptions: {projectService: false, project: null}}},
  // Rules that need types cannot look at a file that is not there.
  ruleFilter: ({ruleId}) =>
    [
      'no-restricted-syntax',
      'no-restricted-globals',
      '@typescript-eslint/no-restricted-imports',
      'max-lines',
      'max-lines-per-function',
    ].includes(ruleId),
});

async function faults(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, {filePath: join(SRC, file)});
  return (result?.messages ?? []).map(({ruleId}) => ruleId ?? 'parse');
}

const BANNED: readonly (readonly [file: string, rule: string, code: string])[] = [
  ['planner/x.ts', 'no-restricted-syntax', 'export const now = Date.now();'],
  ['governor/x.ts', 'no-restricted-syntax', 'export const now = new Date();'],
  ['ownership/x.ts', 'no-restricted-syntax', 'export const chance = Math.random();'],
  [
    'model/x.ts',
    'no-restricted-syntax',
    "import {join} from 'node:path';\nexport const path = join('a');",
  ],
  [
    'ownership/x.ts',
    'no-restricted-globals',
    'export const later = (): unknown => setTimeout(() => 1, 1);',
  ],
  ['governor/x.ts', 'no-restricted-syntax', 'export async function wait(): Promise<void> {}'],
  [
    'planner/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {Governor} from '../governor/governor.ts';\nexport const x = Governor;",
  ],
  [
    'model/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {Keys} from '../etcd/keys.ts';\nexport const x = Keys;",
  ],
  [
    'container/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {serve} from '../server/index.ts';\nexport const x = serve;",
  ],
  [
    'container/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import fastify from 'fastify';\nexport const x = fastify;",
  ],
  [
    'server/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {ShardHandle} from '../container/shard.ts';\nexport const x = ShardHandle;",
  ],
  [
    'server/http/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {AdminClient} from '../../admin/admin-client.ts';\nexport const x = AdminClient;",
  ],
  [
    'admin/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {failureOf} from '../cli/failure-report.ts';\nexport const x = failureOf;",
  ],
  [
    'embedded/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {openEndpoint} from '../etcd/connection.ts';\nexport const x = openEndpoint;",
  ],
  [
    'commands/app/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {serve} from '../../server/index.ts';\nexport const x = serve;",
  ],
  ['model/x.ts', 'max-lines', `export const x = 1;\n${'export {};\n'.repeat(400)}`],
  [
    'model/x.ts',
    'max-lines-per-function',
    `export function x(): void {\n${'  void 0;\n'.repeat(80)}}`,
  ],
];

describe('the linter refuses', () => {
  for (const [file, rule, code] of BANNED) {
    it(`${file}: ${code.split('\n')[0] ?? ''}`, async () => {
      expect(await faults(file, code)).toContain(rule);
    });
  }
});

describe('the linter lets pass', () => {
  it('what a room may do', async () => {
    expect(
      await faults(
        'governor/x.ts',
        "import {plan} from '../planner/index.ts';\nexport const x = plan;",
      ),
    ).toEqual([]);
    expect(
      await faults(
        'commands/app/x.ts',
        "import type {Container} from '../../container/index.ts';\nexport type X = Container;",
      ),
    ).toEqual([]);
  });
});

/** Files that each file of src imports, types left out: they vanish. */
function imports(): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  const files = readdirSync(SRC, {recursive: true, encoding: 'utf8'}).filter((file) =>
    /\.tsx?$/.test(file),
  );
  for (const file of files) {
    const path = join(SRC, file);
    const text = readFileSync(path, 'utf8');
    const found = [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'(\.[^']+)'/gms)];
    graph.set(
      file,
      found.map((match) => relative(SRC, resolve(dirname(path), match[1] ?? ''))),
    );
  }
  return graph;
}

describe('src', () => {
  it('has no import cycles', () => {
    const graph = imports();
    expect(graph.size).toBeGreaterThan(100);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file))
        throw new Error(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
  });
});
