/**
 * Prints how many bytes a decoded record keeps when all records have other texts, less what it keeps when all have the same. In a process of its own with
 * --expose-gc: what others leave behind would count, and to look through it takes seconds.
 */
import {decodeOwnership} from '../../src/protocol/records.ts';

const RECORDS = 20_000;
const TAKES = 3;

const gc = globalThis.gc as () => void;
/** What the first one leaves to be swept beside the program would count; the second one ends that. */
const collect = (): void => {
  gc();
  gc();
};

function recordText(names: string): string {
  const container = `container-${names}`;
  const from = `from-container-${names}`;
  const move = {id: 'm-1', from, to: container, why: `leaving ${from}`};
  return JSON.stringify({
    ...{v: 1, state: 'owned', container, incarnation: `incarnation-${names}`, token: ''},
    ...{ready: true, move: {...move, startedAt: ''}, failures: 0, lastError: ''},
  });
}

/** Bytes that the decoded records keep, a record: the middle of several takes. */
function keptBytes(texts: readonly string[]): number {
  const takes = Array.from({length: TAKES}, () => taken(texts) / texts.length);
  return takes.toSorted((a, b) => a - b)[Math.floor(TAKES / 2)] ?? 0;
}

function taken(texts: readonly string[]): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const decoded = texts.map((text) => decodeOwnership(text));
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  if (!decoded.every(({ok}) => ok)) throw new Error('a record cannot be read');
  return kept;
}

const same = Array.from({length: RECORDS}, () => recordText('00000'));
// Beyond what is kept: each has its own.
const different = Array.from({length: RECORDS}, (_, at) => recordText(String(at).padStart(5, '0')));
process.stdout.write(String(keptBytes(different) - keptBytes(same)));
