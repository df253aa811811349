import {beforeEach, describe, expect, it} from 'vitest';
import {REST_MAX_MS} from '../../src/runtime/limits.ts';
import {Slices} from '../../src/runtime/slices.ts';

const BUDGET_MS = 10;

let nowMs: number;
let turns: (() => void)[];
/** How long the work has asked the event loop to be left to others, ms, before each of its turns. */
let rests: number[];
let slices: Slices;
beforeEach(() => {
  nowMs = 0;
  turns = [];
  rests = [];
  const nextTurn = (work: () => void, afterMs: number): void => {
    turns.push(work);
    rests.push(afterMs);
  };
  slices = new Slices({nowMs: () => nowMs, nextTurn, budgetMs: BUDGET_MS});
});

/** Work of `count` steps of `stepMs`; `done`: steps taken. */
function work(count: number, stepMs: number) {
  const one = {done: 0, result: undefined as number | undefined};
  function* steps(): Generator<undefined, number> {
    for (let at = 0; at < count; at += 1) {
      nowMs += stepMs;
      one.done += 1;
      yield;
    }
    return count;
  }
  void slices.run(steps()).then((value) => (one.result = value));
  return one;
}

/** The next turn of the event loop; returns how long it took. */
async function turn(): Promise<number> {
  const [before, due] = [nowMs, turns.splice(0)];
  for (const one of due) one();
  await Promise.resolve();
  return nowMs - before;
}

describe('work in slices', () => {
  it('that is short ends at once, and leaves nothing behind', async () => {
    const short = work(3, 1);
    expect(short.done).toBe(3);
    await turn();
    expect([short.result, turns]).toEqual([3, []]);
  });

  it('shares the budget of a turn with all that is under way: ten callers take no longer than one', async () => {
    const all = Array.from({length: 10}, () => work(100, 1));
    expect(nowMs).toBe(BUDGET_MS);
    for (let at = 0; at < 20; at += 1) expect(await turn()).toBeLessThanOrEqual(BUDGET_MS);
    expect(all.every(({done}) => done > 0)).toBe(true);
  });

  it('gives each the same part, and whoever is short ends soon beside the long', async () => {
    const long = [work(1_000, 1), work(1_000, 1)];
    const short = work(4, 1);
    for (let at = 0; at < 3; at += 1) await turn();
    expect(short.result).toBe(4);
    for (let at = 0; at < 20; at += 1) await turn();
    expect(Math.abs((long[0]?.done ?? 0) - (long[1]?.done ?? 0))).toBeLessThanOrEqual(BUDGET_MS);
  });

  it('that nobody reaches in a turn is the first in the next', async () => {
    const many = Array.from({length: 25}, () => work(1_000, 1));
    for (let at = 0; at < 4; at += 1) await turn();
    expect(Math.min(...many.map(({done}) => done))).toBeGreaterThan(0);
  });

  it('that is short need not wait behind the long, as far as the budget goes', async () => {
    const long = [work(1_000, 1), work(1_000, 1)];
    await turn();
    const short = Array.from({length: 2 * BUDGET_MS}, () => work(1, 1));
    await Promise.resolve();
    expect(short.filter(({done}) => done === 1)).toHaveLength(BUDGET_MS);
    for (let at = 0; at < 4; at += 1) expect(await turn()).toBeLessThanOrEqual(BUDGET_MS);
    expect(short.every(({done}) => done === 1)).toBe(true);
    expect(long.every(({done}) => done > 0)).toBe(true);
  });

  it('rests after a turn for as long as that took, however many there are', async () => {
    for (let at = 0; at < 10; at += 1) work(1_000, 1);
    await turn();
    for (let at = 0; at < 20; at += 1) {
      const tookMs = await turn();
      expect(rests.at(-1)).toBe(tookMs);
      expect(tookMs).toBeGreaterThan(0);
    }
  });

  it('rests no longer than 20 ms, whatever a step took', async () => {
    work(100, 10_000);
    await turn();
    await turn();
    expect(rests.at(-1)).toBe(REST_MAX_MS);
    expect(REST_MAX_MS).toBe(20);
  });

  it('that nothing is left of asks for no rest', async () => {
    work(5, 1);
    await turn();
    work(5, 1);
    expect(rests).toEqual([0, 0]);
  });

  it('rejects with what a step throws, and goes on with the others', async () => {
    const other = work(30, 1);
    const broken = slices.run({
      next: () => {
        throw new Error('broken');
      },
    });
    const failed = expect(broken).rejects.toThrow('broken');
    for (let at = 0; at < 5; at += 1) await turn();
    await failed;
    expect(other.result).toBe(30);
  });
});
