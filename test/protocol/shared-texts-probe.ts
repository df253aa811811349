/**
 * Prints how many bytes a decoded record keeps when all records have other texts, less what it keeps when all have the same. Runs by
 * test/support/heap-probe.ts.
 */
import {decodeOwnership} from '../../src/protocol/records.ts';

const RECORDS = 20_000;

const collect = globalThis.gc as () => void;

function recordText(names: string): string {
  const container = `container-${names}`;
  const from = `from-container-${names}`;
  const move = {id: 'm-1', from, to: container, why: `leaving ${from}`};
  return JSON.stringify({
    ...{v: 1, state: 'owned', container, incarnation: `incarnation-${names}`, token: ''},
    ...{ready: true, move: {...move, startedAt: ''}, failures: 0, lastError: ''},
  });
}

/** Bytes that the decoded records keep, a record. */
function keptBytes(texts: readonly string[]): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const decoded = texts.map((text) => decodeOwnership(text));
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  if (!decoded.every(({ok}) => ok)) throw new Error('a record cannot be read');
  return kept / texts.length;
}

const same = Array.from({length: RECORDS}, () => recordText('00000'));
// Beyond what is kept: each has its own.
const different = Array.from({length: RECORDS}, (_, at) => recordText(String(at).padStart(5, '0')));
// V8 lays out its objects otherwise once the code has run: the first difference does not count.
const saved = (): number => keptBytes(different) - keptBytes(same);
saved();
process.stdout.write(String(saved()));
