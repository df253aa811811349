/** Texts that many records have in common are kept once. */
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {describe, expect, it} from 'vitest';
import {SHARED_TEXTS, SHARED_TEXT_CHARACTERS} from '../../src/protocol/limits.ts';
import {decodeOwnership} from '../../src/protocol/records.ts';
import {shareTexts} from '../../src/protocol/shared-texts.ts';

const RECORDS = 20_000;
const TAKES = 5;
/** Container, incarnation, and of a move where it came from and why: a text takes at least so much. */
const LEAST_SAVED_BYTES = 4 * 24;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function recordText(names: string): string {
  const container = `container-${names}`;
  const from = `from-container-${names}`;
  const move = {id: 'm-1', from, to: container, why: `leaving ${from}`};
  return JSON.stringify({
    ...{v: 1, state: 'owned', container, incarnation: `incarnation-${names}`, token: ''},
    ...{ready: true, move: {...move, startedAt: ''}, failures: 0, lastError: ''},
  });
}

/** Bytes that the decoded records keep, a record: the middle of several takes, for other work leaves garbage that goes meanwhile. */
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
  expect(decoded.every(({ok}) => ok)).toBe(true);
  return kept;
}

describe('texts that records share', () => {
  it('are kept once, however many records have them', () => {
    const same = Array.from({length: RECORDS}, () => recordText('00000'));
    // Beyond what is kept: each has its own.
    const different = Array.from({length: RECORDS}, (_, at) =>
      recordText(String(at).padStart(5, '0')),
    );
    const saved = keptBytes(different) - keptBytes(same);
    expect(saved).toBeGreaterThan(LEAST_SAVED_BYTES);
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
