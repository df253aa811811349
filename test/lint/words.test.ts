/** Names that were replaced by the field's terms (docs/glossary.md) do not come back. */
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';

/** As whole words; the term to use stands behind each. */
const REPLACED = new Map([
  ['Warden', 'OrphanReaper'],
  ['stillness', 'liveness check'],
  ['takeSeat', 'shareListener'],
  ['standIn', 'proxy heartbeat'],
  ['stand-in', 'proxy heartbeat'],
  ['office', 'fencing key, or: governs'],
  ['deposed', 'lost leadership'],
  ['toldRecord', 'hintedRecord'],
  ['told', 'sent, reported, printed, hinted: by use'],
  ['heldUntilMs', 'notBeforeMs'],
  ['isHeld', 'hasLivingOwner, isGranted: by use'],
  ['SilenceClock', 'FailureDetector'],
  ['silence clock', 'failure detector'],
  ['MotionLedger', 'InFlightMoves'],
  ['ClaimWatch', 'ClaimMonitor'],
  ['ArrivalQueue', 'AdmissionQueue'],
  ['thinkAway', 'removeHypothetical'],
  ['thinkIn', 'addHypothetical'],
  ['sortOut', 'by use'],
]);

/** As parts of names, such as `told` in `toldAtMs`, and as words of comments. `notJudged` is a field that users see. */
const REPLACED_PARTS = new Map([
  ['told', 'sent, reported, printed, hinted: by use'],
  ['teller', 'reporter'],
  ['keeper', 'ShardMachine, PlanCache, StatusReporter, LeaseRenewer, RoundHistory'],
  ['keepers', 'machines'],
  ['judge', 'check'],
  ['judged', 'checked'],
  ['judgement', 'check'],
  ['mend', 'fix'],
  ['mended', 'fixed'],
  ['mends', 'fixes'],
  ['fellow', 'peer'],
  ['fellows', 'peers'],
]);

/** Names, which split at capitals; comments and texts may say the word. */
const REPLACED_NAMES = new Map([
  [/^\w*[a-z]Place$|^Place$|^place(?:Of|Flags)$/, 'location, cursor, slot, position: by use'],
  [/^moment(?![a-z])|Moments?(?![a-z])/, 'instant, now'],
  [/^silence$/, 'failureDetector'],
  [/^braking|Braking/, 'breakerOpen'],
  [/[a-z]Room(?![a-z])|^room[A-Z]/, 'capacity, quota: by use'],
  [/^doors?(?![a-z])|Doors?(?![a-z])/, 'index, peer: by use'],
  [/[sS]ettlement|^[uU]nsettled?(?![a-z])|^Settled$/, 'assignment, solution: by use'],
  [/^Members?$|^newMember$/, 'SessionDriver, or what it is a member of'],
  [/^Missing$/, 'Unmet'],
  [/^Room$/, 'CapacityPlacer'],
  [/^brakes?(?![a-z])|Brakes?(?![a-z])/, 'circuit breaker'],
  [/^(?:held|passing|PASSING)$/, 'granted, kept, waiting, transient: by use'],
]);

/** Files whose names said nothing to a stranger. */
const REPLACED_FILES = new Map([
  [/(?:^|\/)doors?\.ts$/, 'internal.ts, index.ts: by use'],
  [/(?:^|\/)judge\w*\.ts$/, 'wait-conditions.ts'],
  [/(?:^|\/)held\.ts$/, 'move-gate.ts'],
  [/(?:^|\/)passing\.ts$/, 'retryable.ts'],
  [/(?:^|\/)settle\.ts$/, 'session-driver.ts'],
  [/(?:^|\/)members?\.ts$/, 'session-driver.ts'],
  [/(?:^|\/)(?:missing|room|place|moment|told|seat|office|brake|silence)\.ts$/, 'as the names'],
  [/(?:governor|governing)\/history\.ts$/, 'move-history.ts, round-history.ts'],
]);

/** English as a stranger would not write it; the form to use stands behind each. */
const PHRASES = new Map([
  [
    /(?<![Tt]here )\b(?:is|are|was|were) no (?!such|longer|more|room|need|reason|news|plan|use)\w/,
    'is not a ...',
  ],
  [/\bsurely stopped\b/, 'certainly stopped'],
  [/\bnone of (?:the|their)\b/, 'no ..., not one of the ...'],
  [/\bfor want of\b/, 'because ... is missing'],
]);

/** Words that tests do not use either, in names, texts and titles. */
const GONE_FROM_TESTS = [
  'keeper',
  'keepers',
  'deposed',
  'fellow',
  'fellows',
  'mend',
  'mended',
  'mends',
];

/** As names only: a title may say that somebody is told something, and a judge that shares no code with what it checks is a judge. */
const GONE_FROM_TEST_NAMES = ['told', 'brake', 'braking'];

/** What tests may call as it was, and why. */
const KEPT_IN_TESTS = new Map([
  ['test/lint/words.test.ts', 'it lists the words'],
  ['test/governor/move-waits.test.ts', '`brake` is the name of a wait in answers of the admin API'],
]);

function filesBelow(folder: string, kind: RegExp): string[] {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile() && kind.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

const files = filesBelow('src', /\.tsx?$/);
const testFiles = filesBelow('test', /\.(?:tsx?|txt|yaml)$/).filter(
  (path) => !KEPT_IN_TESTS.has(path),
);

function phrasesIn(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      [...PHRASES]
        .filter(([phrase]) => phrase.test(line))
        .map(([, term]) => `${at + 1}: ${line.trim()} (use: ${term})`),
    );
}

function wordsIn(text: string): string[] {
  return [...REPLACED]
    .filter(([word]) => new RegExp(`\\b[a-z]*${word}\\b`, 'i').test(text))
    .map(([word, term]) => `${word} (use: ${term})`);
}

function partsOf(text: string): Set<string> {
  const parts = text.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/);
  return new Set(parts.map((part) => part.toLowerCase()));
}

/** Without comments, texts and patterns. */
function codeOf(text: string): string {
  return text
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/'[^'\n]*'|`[^`]*`|\/\^[^\n]*?\/|\/\/.*$/gm, '');
}

function goneFromTests(path: string, text: string): string[] {
  const parts = partsOf(`${path} ${text}`);
  const names = path.endsWith('.ts') ? partsOf(codeOf(text)) : new Set<string>();
  return [
    ...GONE_FROM_TESTS.filter((word) => parts.has(word)),
    ...GONE_FROM_TEST_NAMES.filter((word) => names.has(word)),
  ];
}

function partsIn(text: string): string[] {
  const parts = partsOf(text.replaceAll('notJudged', ''));
  return [...REPLACED_PARTS]
    .filter(([word]) => parts.has(word))
    .map(([word, term]) => `${word} (use: ${term})`);
}

function namesIn(text: string): string[] {
  const names = [...new Set(codeOf(text).match(/[A-Za-z]\w*/g))];
  return [...REPLACED_NAMES].flatMap(([pattern, term]) =>
    names.filter((name) => pattern.test(name)).map((name) => `${name} (use: ${term})`),
  );
}

function fileNameOf(path: string): string[] {
  return [...REPLACED_FILES]
    .filter(([pattern]) => pattern.test(path))
    .map(([, term]) => `file name (use: ${term})`);
}

function inAll(findings: (text: string) => string[]): string[] {
  return files.flatMap((path) =>
    findings(readFileSync(path, 'utf8')).map((found) => `${path}: ${found}`),
  );
}

it('phrases that are not plain English are not in src', () => {
  expect(inAll(phrasesIn)).toEqual([]);
});

it('words of the past are not in src', () => {
  expect(inAll(wordsIn)).toEqual([]);
});

it('words of the past are not parts of names in src', () => {
  expect(inAll(partsIn)).toEqual([]);
});

it('words of the past are not names in src', () => {
  expect(inAll(namesIn)).toEqual([]);
});

it('words of the past are not in test, nor in names of its files', () => {
  const found = testFiles.flatMap((path) =>
    goneFromTests(path, readFileSync(path, 'utf8')).map((word) => `${path}: ${word}`),
  );
  expect(found).toEqual([]);
});

it.each([
  ['test/a.test.ts', "it('a keeper goes')"],
  ['test/a.test.ts', 'const KEEPER_TESTS = 1;'],
  ['test/a.test.ts', 'const toldAtMs = 1;'],
  ['test/b/limit-is-mended.txt', ''],
])('in %s, %s would be found', (path, text) => {
  expect(goneFromTests(path, text)).toHaveLength(1);
});

it('words of the past are not names of files in src', () => {
  expect(files.flatMap((path) => fileNameOf(path).map((found) => `${path}: ${found}`))).toEqual([]);
});

it.each([
  ...['Member', 'ShardKeeper', 'PlanKeeper', 'StatusKeeper', 'GuardKeeper', 'RoundKeeper'],
  ...['KeeperSet', 'Missing', 'Warden', 'stillness', 'Place', 'Moment', 'takeSeat', 'standIn'],
  ...['office', 'deposed', 'Told', 'toldRecord', 'brake', 'MotionLedger', 'ClaimWatch'],
  ...['ArrivalQueue', 'Room', 'thinkAway', 'thinkIn', 'sortOut', 'silenceClock', 'held'],
])('%s would be found', (word) => {
  const text = `const ${word} = 1;`;
  expect([wordsIn(text), partsIn(text), namesIn(text)].flat()).not.toEqual([]);
});

it.each([
  ...['container/door.ts', 'server/admin/judge.ts', 'governor/held.ts', 'cli/passing.ts'],
  ...['container/settle.ts', 'container/member.ts', 'governor/history.ts'],
])('the file name %s would be found', (path) => {
  expect(fileNameOf(`src/${path}`)).not.toEqual([]);
});
