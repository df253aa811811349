import fc from 'fast-check';
import {expect, it} from 'vitest';
import {auditSurplus} from '../../../src/server/governing/audit-trim.ts';

const entry = fc.record({
  day: fc.constantFrom('2026-01-01', '2026-01-02'),
  who: fc.constantFrom('a', 'b', 'c'),
});

it('a flood of one token on one day costs nobody else an entry', () => {
  fc.assert(
    fc.property(fc.array(entry, {maxLength: 20}), fc.nat(500), (others, flood) => {
      const day = '2026-01-02';
      const all = [
        ...others.filter(({who}) => who !== 'c'),
        ...Array(flood).fill({day, who: 'c'}),
      ].map((one: {day: string; who: string}, at) => ({...one, key: String(at).padStart(6, '0')}));
      const kept = 100;
      const gone = auditSurplus(all, kept);
      expect(all.length - gone.length).toBeLessThanOrEqual(Math.max(kept, 0));
      expect(gone.every((key) => all.find((one) => one.key === key)?.who === 'c')).toBe(true);
      // The first and the last of the flood stay.
      const flooded = all.filter(({who, day: on}) => who === 'c' && on === day).map(({key}) => key);
      for (const key of [flooded[0], flooded.at(-1)]) expect(gone).not.toContain(key);
    }),
  );
});

it('more days than can be kept: the oldest go', () => {
  const days = Array.from({length: 40}, (_, at) => `2026-01-${String(at + 1).padStart(2, '0')}`);
  const entries = days.flatMap((day, at) =>
    [0, 1, 2, 3, 4].map((count) => ({
      key: `${String(at).padStart(3, '0')}-${count}`,
      day,
      who: 'a',
    })),
  );
  const gone = new Set(auditSurplus(entries, 50));
  expect(gone.size).toBe(150);
  expect([gone.has('000-0'), gone.has('039-4')]).toEqual([true, false]);
});
