/** Pages of a listing: every key once and in order, and little counted beyond what is answered. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {PageBounds} from '../../src/etcd/page-bounds.ts';

interface Walk {
  readonly found: readonly string[];
  readonly pages: number;
  /** Keys that the store has counted, all pages together. */
  readonly counted: number;
}

/** Lists as a store does: it counts all keys of the range, and answers the first `most`. */
function walk(keys: readonly Buffer[], prefix: string, most: number): Walk {
  const sorted = [...keys].sort((a, b) => Buffer.compare(a, b));
  const bounds = new PageBounds(Buffer.from(prefix, 'latin1'), most);
  const found: string[] = [];
  let [pages, counted] = [0, 0];
  for (let range: ReturnType<PageBounds['after']> = bounds.first; range !== undefined; pages += 1) {
    const {from, to} = range;
    const isAll = to.length === 1 && to[0] === 0;
    const inside = sorted.filter(
      (key) => Buffer.compare(key, from) >= 0 && (isAll || Buffer.compare(key, to) < 0),
    );
    counted += inside.length;
    const answered = inside.slice(0, most);
    found.push(...answered.map((key) => key.toString('latin1')));
    range = bounds.after({keys: answered, isMore: inside.length > most});
    if (pages > 100 + 100 * sorted.length) throw new Error('it does not end');
  }
  return {found, pages, counted};
}

const id = fc.oneof(
  fc.stringMatching(/^[a-z0-9:_-]{1,12}$/),
  fc.nat(5_000).map((number) => `shard-${number}`),
  fc.uint8Array({minLength: 1, maxLength: 4}).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

describe('pages of a listing', () => {
  it('show every key below the prefix once, in order, whatever the keys are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(id, {maxLength: 300}),
        fc.integer({min: 1, max: 40}),
        fc.constantFrom('/a/', '/a/\xff', '\xff\xff'),
        (ids, most, prefix) => {
          const bytes = Buffer.from(prefix, 'latin1');
          const below = ids.map((one) => Buffer.concat([bytes, Buffer.from(one, 'latin1')]));
          const beside = [Buffer.from('/0'), Buffer.from('/b/x')];
          const expected = below.map((key) => key.toString('latin1')).sort(compareBytes);
          const {found} = walk([...below, ...beside], prefix, most);
          expect(found).toEqual(expected);
        },
      ),
      {numRuns: 300},
    );
  });

  it.each([
    ['numbers', (at: number): string => `shard-${at}`],
    ['padded numbers', (at: number): string => `s${String(at).padStart(9, '0')}`],
    [
      'hashes',
      (at: number): string => ((at * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0'),
    ],
    ['two families', (at: number): string => (at % 2 === 0 ? `aa-${at}` : `b/b/b/${at}`)],
  ])('of %s make the store count a few times as many keys as there are', (_name, idOf) => {
    const [count, most] = [5_000, 50];
    const keys = Array.from({length: count}, (_, at) => Buffer.from(`/p/${idOf(at)}`));
    const {found, pages, counted} = walk(keys, '/p/', most);
    expect(found).toHaveLength(count);
    expect(pages).toBeLessThan((6 * count) / most);
    // Pages that all end with the listing make it count fifty times as many.
    expect(counted).toBeLessThan(12 * count);
  });
});

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}
