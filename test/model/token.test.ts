import fc from 'fast-check';
import {expect, it} from 'vitest';
import {compareTokens, formatToken, parseToken} from '../../src/model/token.ts';

const count = fc.integer({min: 0, max: Number.MAX_SAFE_INTEGER});
const token = fc.record({epoch: count, revision: count});

it('tokens are totally ordered, and their texts sort as they do', () => {
  fc.assert(
    fc.property(token, token, token, (a, b, c) => {
      const sign = Math.sign(compareTokens(a, b));
      expect(Math.sign(compareTokens(b, a))).toBe(sign === 0 ? 0 : -sign);
      expect(sign === 0).toBe(a.epoch === b.epoch && a.revision === b.revision);
      if (sign <= 0 && compareTokens(b, c) <= 0) expect(compareTokens(a, c)).toBeLessThanOrEqual(0);
      const [textA, textB] = [formatToken(a), formatToken(b)];
      expect(textA < textB ? -1 : textA > textB ? 1 : 0).toBe(sign);
    }),
    {numRuns: 1_000},
  );
});

it('a later epoch is newer whatever the revision', () => {
  fc.assert(
    fc.property(count, count, (older, newer) => {
      const before = formatToken({epoch: 1, revision: older});
      expect(formatToken({epoch: 2, revision: newer}) > before).toBe(true);
    }),
  );
});

it('texts read back as what they were, and nothing else is a token', () => {
  fc.assert(
    fc.property(token, ({epoch, revision}) => {
      expect(parseToken(formatToken({epoch, revision}))).toEqual({epoch, revision});
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseToken(text);
      if (parsed !== undefined) expect(formatToken(parsed)).toBe(text);
    }),
  );
  const [good] = [formatToken({epoch: 1, revision: 2})];
  for (const bad of ['', '1.2', ` ${good}`, `${good}\n`, good.slice(1), `-${good.slice(1)}`])
    expect(parseToken(bad)).toBeUndefined();
});
