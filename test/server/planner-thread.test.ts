import {readFileSync, readdirSync} from 'node:fs';
import {afterEach, describe, expect, it} from 'vitest';
import {plan} from '../../src/planner/index.ts';
import {CAUSES, PER_MOVE} from '../../src/planner/row-plan.ts';
import type {PlanTerms, WarmShard} from '../../src/planner/warm-table.ts';
import {PlannerThread} from '../../src/server/planner-thread.ts';
import {WarmPlanners} from '../../src/server/warm-planners.ts';

const threads: PlannerThread[] = [];

function thread(): PlannerThread {
  const made = new PlannerThread();
  threads.push(made);
  return made;
}

function shards(count: number): WarmShard[] {
  return Array.from({length: count}, (_, row) => {
    const shard = {id: `s${row}`, group: '', workerGroup: '', pin: '', prefer: '', avoid: ''};
    return {row, shard: {...shard, current: ''}, homeKey: 'at c1', isReady: true};
  });
}

const terms: PlanTerms = {
  containers: ['c1', 'c2', 'c3'].map((id) => ({id, mode: 'open'})),
  pools: new Map(),
  maxShardCount: 0,
  homes: new Map([['at c1', 'c1']]),
  fitness: undefined,
};

/** Nice values of the threads of this process, by their ids; the main thread has that of the process. */
function niceOfThreads(): Map<number, number> {
  const nices = new Map<number, number>();
  for (const id of readdirSync('/proc/self/task')) {
    const stat = statOf(id);
    if (stat === undefined) continue;
    nices.set(Number(id), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]));
  }
  return nices;
}

/** Undefined where the thread has ended since it was listed. */
function statOf(id: string): string | undefined {
  try {
    return readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}

describe('the planner thread', () => {
  afterEach(async () => {
    for (const one of threads.splice(0)) await one.stop();
  });

  it('plans for apps of more than 2,000 shards: a larger plan would keep other apps waiting for a turn', () => {
    expect(thread().from).toBe(2_000);
  });

  it.skipIf(process.platform !== 'linux')(
    'stands behind the event loop where processors are short, alone of all threads',
    async () => {
      const before = niceOfThreads();
      const planner = thread().open();
      planner.update({isFresh: true, set: shards(3), removed: []});
      await planner.plan(terms);
      const own = before.get(process.pid) ?? 0;
      // Other tests of this process may have threads that stand behind, too.
      const behind = [...niceOfThreads()].filter(([id, nice]) => !before.has(id) && nice > own);
      // Behind the last place there is none.
      expect(behind.map(([, nice]) => nice)).toEqual(own < 19 ? [Math.min(own + 5, 19)] : []);
    },
  );

  it('plans as the daemon would, for each governor its own shards, and ends with the last', async () => {
    const all = thread();
    const [few, many] = [all.open(), all.open()];
    expect(all.isRunning).toBe(false);
    few.update({isFresh: true, set: shards(3), removed: []});
    many.update({isFresh: true, set: shards(300), removed: [7]});
    many.update({isFresh: false, set: [], removed: [7]});
    const [small, large] = await Promise.all([few.plan(terms), many.plan(terms)]);
    expect(small?.moves.length).toBe(2 * PER_MOVE);
    const current = shards(300).filter(({row}) => row !== 7);
    const expected = plan({
      ...terms,
      shards: current.map(({shard}) => ({...shard, current: 'c1'})),
    });
    expect(Array.from(large?.target ?? []).filter((_, row) => row !== 7)).toEqual([
      ...expected.target,
    ]);
    const moves = expected.moves.flatMap(({shard, from, to, cause}) => [
      current[shard]?.row,
      from,
      to,
      CAUSES.indexOf(cause),
    ]);
    expect([...(large?.moves ?? [])]).toEqual(moves);
    few.close();
    expect(all.isRunning).toBe(true);
    many.close();
    expect(all.isRunning).toBe(false);
  });

  it('plans with all that a row says as it would in the thread of the daemon', async () => {
    const said: Partial<WarmShard['shard']>[] = [
      ...[{pin: 'c3'}, {prefer: 'c2'}, {avoid: 'c1'}, {group: 'g'}, {workerGroup: 'pool'}],
      ...[{load: [Number.NaN]}, {load: [Number.POSITIVE_INFINITY]}, {load: [7]}, {load: [2.5]}],
      ...[{spreadKey: 'k', priority: 2}, {spreadKey: 'k'}, {cooling: true}, {failures: 3}],
    ];
    const set = shards(3 * said.length).map((one) => ({
      ...one,
      shard: {...one.shard, ...said[one.row % said.length]},
    }));
    const full: PlanTerms = {
      ...terms,
      pools: new Map([['pool', new Set(['c2'])]]),
      metrics: [{name: 'cpu', upper: 1.2, lower: 1.1}],
    };
    const planner = thread().open();
    planner.update({isFresh: true, set, removed: []});
    const made = await planner.plan(full);
    const beside = new WarmPlanners();
    beside.update(1, {isFresh: true, set, removed: []});
    const expected = beside.plan(1, full);
    expect(made).toEqual(expected);
    expect(new Set(expected.target).size).toBe(3);
    planner.close();
  });

  it('says of what it was asked that it has ended, unless nobody waits any more', async () => {
    const all = thread();
    const [one, other] = [all.open(), all.open()];
    const asked = [one.plan(terms), other.plan(terms)];
    other.close();
    await all.stop();
    await expect(asked[0]).rejects.toThrow('the planner thread has ended');
    await expect(asked[1]).resolves.toBeUndefined();
    await expect(one.plan(terms)).rejects.toThrow('has ended');
  });

  it('hands on what breaks a rule, and begins anew for the governor that begins anew', async () => {
    const all = thread();
    const [planner, idle] = [all.open(), all.open()];
    idle.update({isFresh: true, set: shards(3), removed: []});
    planner.update({isFresh: true, set: [null as unknown as WarmShard], removed: []});
    await expect(planner.plan(terms)).rejects.toThrow();
    expect(all.isRunning).toBe(false);
    const next = all.open();
    next.update({isFresh: true, set: shards(3), removed: []});
    // What the thread before knew of others is lost: they are to begin anew, too, and end nothing of this one's.
    await expect(idle.plan(terms)).rejects.toThrow();
    planner.close();
    idle.close();
    expect((await next.plan(terms))?.moves.length).toBe(2 * PER_MOVE);
  });
});
