/** Texts that many records have in common are kept once. */
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {SHARED_TEXTS, SHARED_TEXT_CHARACTERS} from '../../src/protocol/limits.ts';
import {shareTexts} from '../../src/protocol/shared-texts.ts';
import {heapProbe} from '../support/heap-probe.ts';

/** Container, incarnation, and of a move where it came from and why: a text takes at least so much. */
const LEAST_SAVED_BYTES = 4 * 24;

describe('texts that records share', () => {
  it('are kept once, however many records have them', () => {
    const saved = heapProbe(join(import.meta.dirname, 'shared-texts-probe.ts'));
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
