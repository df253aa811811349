/** Texts that many records have in common are kept once. */
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {describe, expect, it} from 'vitest';
import {SHARED_TEXTS, SHARED_TEXT_CHARACTERS} from '../../src/protocol/limits.ts';
import {decodeOwnership} from '../../src/protocol/records.ts';
import {shareTexts} from '../../src/protocol/shared-texts.ts';

const RECORDS = 20_000;
/** Of container, incarnation, both ends and the reason of a move: a text takes at least so much. */
const LEAST_SAVED_BYTES = 5 * 24;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function recordText(names: string): string {
  const container = `container-${names}`;
  const move = {id: 'm-1', from: container, to: container, why: `leaving ${container}`};
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
  expect(decoded.every(({ok}) => ok)).toBe(true);
  return kept / texts.length;
}

describe('texts that records share', () => {
  it('are kept once, however many records have them', () => {
    const same = Array.from({length: RECORDS}, () => recordText('00000'));
    // Beyond what is kept: each has its own.
    const different = Array.from({length: RECORDS}, (_, at) =>
      recordText(String(at).padStart(5, '0')),
    );
    expect(keptBytes(different) - keptBytes(same)).toBeGreaterThan(LEAST_SAVED_BYTES);
  });

  it('stay what they are, also where there are more of them than are kept', () => {
    for (let at = 0; at < 2 * SHARED_TEXTS + 1; at += 1) {
      const fields = {name: `text ${at}`};
      shareTexts(fields, ['name']);
      expect(fields.name).toBe(`text ${at}`);
    }
  });

  it('leave everything else alone: what is no text, what is long, what is not named', () => {
    const long = 'x'.repeat(SHARED_TEXT_CHARACTERS + 1);
    const fields = {count: 7, none: null, long, other: 'other'};
    shareTexts(fields, ['count', 'none', 'missing', 'long']);
    expect(fields).toEqual({count: 7, none: null, long, other: 'other'});
  });
});
