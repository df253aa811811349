/** Names that were replaced by the field's terms (docs/glossary.md) do not come back. */
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';

/** As whole words; the term to use stands behind each. */
const REPLACED = new Map([
  ['Keeper', 'ShardMachine, PlanCache, StatusReporter, LeaseRenewer, RoundHistory'],
  ['keepers', 'machines'],
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
  ['judge', 'check'],
  ['judged', 'checked'],
  ['judgement', 'check'],
  ['mend', 'fix'],
  ['mended', 'fixed'],
  ['mends', 'fixes'],
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
  [/^newMember$/, 'newDriver'],
]);

/** English as a stranger would not write it; the form to use stands behind each. */
const PHRASES = new Map([
  [
    /(?<![Tt]here )\b(?:is|are|was|were) no (?!such|longer|more|room|need|reason|news|plan|use)\w/,
    'is not a ...',
  ],
]);

const files = readdirSync('src', {recursive: true, withFileTypes: true})
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

it('phrases that are not plain English are not in src', () => {
  const found = files.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, at) =>
        [...PHRASES]
          .filter(([phrase]) => phrase.test(line))
          .map(([, term]) => `${path}:${at + 1}: ${line.trim()} (use: ${term})`),
      ),
  );
  expect(found).toEqual([]);
});

it('words of the past are not in src', () => {
  const found = files.flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    return [...REPLACED]
      .filter(([word]) => new RegExp(`\\b[a-z]*${word}\\b`, 'i').test(text))
      .map(([word, term]) => `${path}: ${word} (use: ${term})`);
  });
  expect(found).toEqual([]);
});

it('words of the past are not parts of names in src', () => {
  const found = files.flatMap((path) => {
    const text = readFileSync(path, 'utf8').replaceAll('notJudged', '');
    const parts = new Set(
      text.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((part) => part.toLowerCase()),
    );
    return [...REPLACED_PARTS]
      .filter(([word]) => parts.has(word))
      .map(([word, term]) => `${path}: ${word} (use: ${term})`);
  });
  expect(found).toEqual([]);
});

it('words of the past are not names in src', () => {
  const found = files.flatMap((path) => {
    const code = readFileSync(path, 'utf8')
      .replace(/\/\*[^]*?\*\//g, '')
      .replace(/'[^'\n]*'|\/\/.*$/gm, '');
    const names = new Set(code.match(/[A-Za-z]\w*/g));
    return [...REPLACED_NAMES].flatMap(([pattern, term]) =>
      [...names]
        .filter((name) => pattern.test(name))
        .map((name) => `${path}: ${name} (use: ${term})`),
    );
  });
  expect(found).toEqual([]);
});
