/** The rules of the house are held by machine: these tests hold the machine. */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative, resolve} from 'node:path';
import {ESLint} from 'eslint';
import {describe, expect, it} from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const SRC = join(ROOT, 'src');
const {ZONES, SERVER_ZONES} = (await import(join(ROOT, 'eslint.config.js'))) as Record<
  'ZONES' | 'SERVER_ZONES',
  Record<string, string[]>
>;

const eslint = new ESLint({
  cwd: ROOT,
  overrideConfig: {languageOptions: {parserOptions: {projectService: false, project: null}}},
  // Rules that need types cannot look at a file that is not there.
  ruleFilter: ({ruleId}) =>
    [
      'no-restricted-syntax',
      'no-restricted-globals',
      '@typescript-eslint/no-restricted-imports',
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
    'server/push/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {Governors} from '../governing/governors.ts';\nexport const x = Governors;",
  ],
  [
    'server/governing/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {RunningDaemon} from '../daemon.ts';\nexport const x = RunningDaemon;",
  ],
  [
    'server/governing/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {listApp} from '../admin/read/listing.ts';\nexport const x = listApp;",
  ],
  [
    'server/admin/read/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {why} from '../plan/why.ts';\nexport const x = why;",
  ],
  [
    'server/admin/read/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {createAdminHandlers} from '../handlers.ts';\nexport const x = createAdminHandlers;",
  ],
  [
    'server/admin/stream/live/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {evict} from '../../write/eviction.ts';\nexport const x = evict;",
  ],
  [
    'server/admin/stream/live/x.ts',
    '@typescript-eslint/no-restricted-imports',
    "import {AdminClient} from '../../../../admin/admin-client.ts';\nexport const x = AdminClient;",
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
];

describe('the linter refuses', () => {
  for (const [file, rule, code] of BANNED) {
    it(`${file}: ${code.split('\n')[0] ?? ''}`, async () => {
      expect(await faults(file, code)).toContain(rule);
    });
  }
});

describe('oxlint, whose rules hold in all files, refuses', () => {
  const SAMPLES: Readonly<Record<string, string>> = {
    'max-lines': `export const x = 1;\n${'export {};\n'.repeat(400)}`,
    'max-lines-per-function': `export function x(): void {\n${'  void 0;\n'.repeat(80)}}`,
    'no-unused-vars': "const x = '';\n",
    'no-explicit-any': 'export const x = (y: any): unknown => y;\n',
    'no-console': "console.log('');\n",
  };

  it.each(Object.keys(SAMPLES))('%s', (rule) => {
    const folder = mkdtempSync(join(tmpdir(), 'sm-lint-'));
    const file = join(folder, 'x.ts');
    writeFileSync(file, SAMPLES[rule] ?? '');
    const oxlint = join(ROOT, 'node_modules', '.bin', 'oxlint');
    const options = ['-c', join(ROOT, '.oxlintrc.json'), '--format', 'unix', file];
    const {status, stdout} = spawnSync(oxlint, options, {encoding: 'utf8'});
    rmSync(folder, {recursive: true});
    expect({status, stdout}).toEqual({status: 1, stdout: expect.stringContaining(`(${rule})`)});
  });
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
        'server/admin/stream/live/x.ts',
        "import {refuseOwnService} from '../../guards.ts';\nexport const x = refuseOwnService;",
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

/** Files that each file of src imports, statically, as a type or when it runs. */
function imports(): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  const files = readdirSync(SRC, {recursive: true, encoding: 'utf8'}).filter((file) =>
    /\.tsx?$/.test(file),
  );
  for (const file of files) {
    const path = join(SRC, file);
    const text = readFileSync(path, 'utf8');
    const found = [
      ...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'(\.[^']+)'/gms),
      ...text.matchAll(/\bimport\(\s*'(\.[^']+)'\s*\)/g),
    ];
    graph.set(
      file,
      found.map((match) => relative(SRC, resolve(dirname(path), match[1] ?? ''))),
    );
  }
  return graph;
}

/** Groups of more than one in which each reaches each other (Tarjan's strongly connected components). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): void => {
    order.set(node, order.size);
    lowest.set(node, order.size - 1);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next))
        lowest.set(node, Math.min(lowest.get(node) ?? 0, lowest.get(next) ?? 0));
    }
    if (lowest.get(node) !== order.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) found.push(group.sort());
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return found;
}

describe('a circle of imports', () => {
  it('is found, also one of several files', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', []],
      ['e', ['d']],
    ]);
    expect(circles(graph)).toEqual([['a', 'b', 'c']]);
  });

  it('stands nowhere in src, not even of types', () => {
    const graph = imports();
    expect(graph.size).toBeGreaterThan(300);
    expect([...graph.values()].flat().length).toBeGreaterThan(1_000);
    expect(circles(graph)).toEqual([]);
  });

  it('is allowed by no table of rooms', () => {
    expect(circles(new Map(Object.entries(ZONES)))).toEqual([]);
    expect(circles(new Map(Object.entries(SERVER_ZONES)))).toEqual([]);
  });
});

describe('the tables of rooms', () => {
  it('name every folder of src and of the server', () => {
    const foldersIn = (path: string): string[] =>
      readdirSync(path, {withFileTypes: true})
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name);
    expect(foldersIn(SRC).sort()).toEqual(Object.keys(ZONES).sort());
    const admin = foldersIn(join(SRC, 'server', 'admin')).map((name) => `admin/${name}`);
    const server = foldersIn(join(SRC, 'server')).filter((name) => name !== 'admin');
    expect([...server, ...admin].sort()).toEqual(Object.keys(SERVER_ZONES).sort());
  });
});
