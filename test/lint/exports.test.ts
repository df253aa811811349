/** What src exports, production imports: code that only tests use is code that nobody runs. */
import {readFileSync, readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, it} from 'vitest';

/** Parts of a module that a test reaches from outside all the same, with the reason. */
const EXCUSED = new Map([
  ...because('a pure rule whose caller takes its input from the surroundings of the process', [
    'src/cli/color.ts#colorEnvironment',
    'src/container/process-figures.ts#ProcessFigures',
    'src/runtime/clock.ts#OwnerClock',
    'src/runtime/clock.ts#AttentiveClock',
    'src/runtime/descriptors.ts#descriptorLimit',
    'src/runtime/slices.ts#Slices',
    'src/server/loopback-check.ts#isLoopback',
    'src/server/loopback-check.ts#foreignPeers',
    'src/server/contact/container-agent.ts#checkedLookup',
  ]),
  ...because('a pure rule that the tests give what a real etcd or daemon shows only rarely', [
    'src/server/admin/read/checks.ts#versionChecks',
    'src/server/admin/read/checks.ts#quotaCheck',
    'src/server/admin/read/checks.ts#certificateChecks',
    'src/server/admin/write/conditional-write.ts#unknownOutcome',
    'src/server/governing/audit-trim.ts#auditSurplus',
    'src/embedded/answers.ts#sizeOf',
  ]),
  ...because('the simulation puts its own network, store or clock around it', [
    'src/runtime/clock.ts#createSystemClock',
    'src/server/hint-routes.ts#receiveHints',
    'src/store/ownership-transactions.ts#compareOf',
  ]),
  ...because('one format, tested and fuzzed as a pair of inverses or to the letter', [
    'src/etcd/keys.ts#encodeShard',
    'src/etcd/keys.ts#decodeShard',
    'src/server/governing/hint-sender.ts#wireItem',
  ]),
  ...because('its caller prints, ends the process or begins a thread besides', [
    'src/cli/apps-apply.ts#applyApp',
    'src/cli/failure-report.ts#failureOf',
    'src/server/planner-thread.ts#beginPlannerThread',
    'src/server/embedded-daemon.ts#endedWith',
    'src/views/screen.tsx#STYLES',
    'src/views/screen.tsx#Screen',
  ]),
  ...because('the count that the test compares a kept tally with', [
    'src/governor/figures.ts#shardFigures',
  ]),
]);

function because(reason: string, names: readonly string[]): (readonly [string, string])[] {
  return names.map((name) => [name, reason]);
}

/** The public modules of the package: strangers import from these. */
const ENTRIES: ReadonlySet<string> = new Set(['src/container/index.ts', 'src/admin/index.ts']);

const DECLARED = /^export (?:abstract |async )?(?:const|let|class|enum|function\*?) (\w+)/gm;
const PASSED_ON = /^export \{([^}]*)\}/gm;
const NAMED = /\b(?:import|export) (?:type )?\{([^}]*)\} from '([^']+)'/g;
const LOADED = /(?:\{([^{}]*)\} = (?:\(\s*)?await |\b)import\(\s*'([^']+)'/g;
const ALL_OF_IT = /\b(?:import|export) \*(?: as \w+)? from '([^']+)'/g;

function filesBelow(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, {recursive: true, withFileTypes: true})
      .filter((entry) => entry.isFile() && /\.(?:tsx?|m?js)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes('node_modules')),
  );
}

/** Names in braces, as they are called where they come from; types are left out. */
function namesIn(list: string): string[] {
  const names = list.split(',').map((one) => one.trim());
  return names
    .filter((one) => one !== '' && !one.startsWith('type '))
    .map((one) => one.split(/ as |:/)[0]?.trim() ?? '');
}

function exportsOf(path: string, text: string): string[] {
  const declared = [...text.matchAll(DECLARED)].map(([, name = '']) => name);
  const passedOn = [...text.matchAll(PASSED_ON)].flatMap(([, list = '']) => namesIn(list));
  return [...declared, ...passedOn].map((name) => `${path}#${name}`);
}

/** Each as `path#name`; `path#*` for a module that is taken as a whole. */
function importsOf(path: string, text: string): string[] {
  const from = (specifier: string): string =>
    join(dirname(path), specifier).replace(/\.js$/, '.ts');
  return [
    ...[...text.matchAll(NAMED)].flatMap(([, list = '', of = '']) =>
      namesIn(list).map((name) => `${from(of)}#${name}`),
    ),
    ...[...text.matchAll(LOADED)].flatMap(([, list, of = '']) =>
      (list === undefined ? ['*'] : namesIn(list)).map((name) => `${from(of)}#${name}`),
    ),
    ...[...text.matchAll(ALL_OF_IT)].map(([, of = '']) => `${from(of)}#*`),
  ];
}

const read = (path: string): string => readFileSync(path, 'utf8');
const imported = new Set(
  filesBelow('src', 'scripts', 'bin', 'examples').flatMap((path) => importsOf(path, read(path))),
);
const unused = filesBelow('src')
  .filter((path) => !ENTRIES.has(path))
  .flatMap((path) => exportsOf(path, read(path)))
  .filter((name) => !imported.has(name) && !imported.has(name.replace(/#.*/, '#*')));

it('is imported by production, or has a reason', () => {
  expect(imported.size).toBeGreaterThan(1_000);
  expect(unused.filter((name) => !EXCUSED.has(name))).toEqual([]);
});

it('has no excuse that is not needed any more', () => {
  expect([...EXCUSED.keys()].filter((name) => !unused.includes(name))).toEqual([]);
});

it('is used in its own module where only tests import it', () => {
  const idle = unused.filter((name) => {
    const [path = '', own = ''] = name.split('#');
    return [...read(path).matchAll(new RegExp(`\\b${own}\\b`, 'g'))].length < 2;
  });
  expect(idle).toEqual([]);
});
