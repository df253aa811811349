import {describe, expect, it} from 'vitest';
import {isIncarnation} from '../../src/model/ids.ts';
import {randomId} from '../../src/runtime/ids.ts';

describe('random ids', () => {
  it('are 128 bits as hex, fit for an incarnation, and differ', () => {
    const ids = Array.from({length: 10_000}, () => randomId());
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(ids.every(isIncarnation)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('use all their bits', () => {
    const seen = Array.from({length: 32}, () => new Set<string>());
    for (let round = 0; round < 500; round += 1)
      for (const [at, digit] of [...randomId()].entries()) seen[at]?.add(digit);
    expect(seen.map(({size}) => size)).toEqual(Array.from({length: 32}, () => 16));
  });
});
