/** Plans for readers from rows that are kept beside the event loop: the same as a plan from nothing, whatever has changed since the last one. */
import {Worker} from 'node:worker_threads';
import fc from 'fast-check';
import {afterEach, describe, expect, it, vi} from 'vitest';
import type {AppListing} from '../../src/appview/listing.ts';
import {SHARDS_PLANNED_INLINE} from '../../src/governor/limits.ts';
import type {PlanFigures} from '../../src/model/placement.ts';
import {livingOf} from '../../src/server/admin/read/container-views.ts';
import {readerPlan} from '../../src/server/admin/read/reader-plan.ts';
import type {ReaderPlan} from '../../src/server/admin/read/reader-plan.ts';
import {READER_TABLES, READER_TABLE_KEPT_MS} from '../../src/server/limits.ts';
import {PlannerThread, beginPlannerThread} from '../../src/server/planner-thread.ts';
import type {PlannerThreadOptions} from '../../src/server/planner-thread.ts';
import {ReaderPlans, planAtOnce} from '../../src/server/reader-plans.ts';
import {LONG_MS} from '../support/until.ts';
import {Beside} from './beside.ts';
import {CONTAINERS, Changing, step} from './changing-app.ts';

/** Sums in another order differ in their last digit. */
function rounded(figures: PlanFigures | undefined): unknown {
  const digits = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(12)) : value;
  return figures && JSON.parse(JSON.stringify(figures, digits));
}

/** Everything that an answer is made of. */
function said({plan, terms, shardAt, numbers}: ReaderPlan): unknown {
  const container = (at: number): string => terms.containers[at]?.id ?? '';
  const shortages = plan.unplaced.map(({shard, ...rest}) => ({...rest, shard: shardAt(shard)}));
  return {
    moves: plan.moves.map((move) => ({
      ...{shard: shardAt(move.shard), from: container(move.from), to: container(move.to)},
      ...{cause: move.cause, numbers: numbers.of(move)},
    })),
    additions: Array.from(plan.additions, (at): [string, string] => [
      shardAt(at),
      container(plan.target[at] ?? -1),
    ]).sort(),
    unplaced: shortages,
    stranded: plan.stranded.map(({shard, ...rest}) => ({...rest, shard: shardAt(shard)})),
    trials: plan.trials.map((at) => [shardAt(at), container(plan.target[at] ?? -1)]),
    containers: terms.containers.map((one, at) => ({...one, ...numbers.countsOf(at)})),
    figures: rounded(plan.figures),
  };
}

const question = fc.record({
  without: fc.subarray(CONTAINERS, {maxLength: 2}),
  added: fc.nat(2),
  steps: fc.array(step, {maxLength: 12}),
});

function livingWith(listing: AppListing, without: readonly string[], added: number) {
  const living = livingOf(listing);
  for (const id of without) living.delete(id);
  for (let at = 1; at <= added; at += 1) {
    const made = {incarnation: `new-${at}`, endpoint: '', state: 'ready', mode: 'open'} as const;
    living.set(`new-${at}`, {container: `new-${at}`, ...made});
  }
  return living;
}

const threads: PlannerThread[] = [];

function inThread(options: PlannerThreadOptions = {}): ReaderPlans {
  const thread = new PlannerThread({from: 0, lingerMs: LONG_MS, ...options});
  threads.push(thread);
  return new ReaderPlans(thread);
}

/** Of two containers and so many shards, all on one of them. */
function uneven(shards: number): Changing {
  const app = new Changing();
  app.spec({});
  for (const id of ['c0', 'c1']) app.join(id, `${id}-0`);
  for (let at = 0; at < shards; at += 1) {
    app.shard(`s${at}`, {});
    app.own(`s${at}`, {container: 'c0', incarnation: 'c0-0'});
  }
  app.own('s0', {container: 'c1', incarnation: 'c1-0'});
  return app;
}

async function bothSay(plans: ReaderPlans, app: Changing, without: readonly string[], added = 0) {
  const living = livingWith(app.listing, without, added);
  const asked = {withFigures: true};
  const beside = {
    plan: planAtOnce,
    planBeside: plans.plan.bind(plans),
  };
  const kept = said(await readerPlan(beside, app.listing, living, asked));
  const anew = said(await readerPlan({plan: planAtOnce}, app.listing, living, asked));
  return {kept, anew};
}

afterEach(async () => {
  vi.useRealTimers();
  for (const one of threads.splice(0)) await one.stop();
});

describe('a plan for a reader', () => {
  it('from rows that are kept is a plan from nothing, after any changes', async () => {
    const seen = {moves: 0, trials: 0, unplaced: 0, stranded: 0, additions: 0};
    const whole = fc.tuple(
      fc.array(step, {minLength: 20, maxLength: 60}),
      fc.array(question, {minLength: 2, maxLength: 6}),
    );
    await fc.assert(
      fc.asyncProperty(whole, async ([first, questions]) => {
        const beside = new Beside();
        const plans = new ReaderPlans(beside);
        const app = new Changing();
        app.spec({});
        for (const id of CONTAINERS.slice(0, 3)) app.join(id, `${id}-0`);
        for (const one of first) one(app);
        for (const {steps, without, added} of questions) {
          for (const one of steps) one(app);
          const {kept, anew} = await bothSay(plans, app, without, added);
          expect(kept).toEqual(anew);
          for (const name of Object.keys(seen) as (keyof typeof seen)[])
            seen[name] += (kept as Record<string, unknown[]>)[name]?.length ?? 0;
        }
        plans.close();
        expect(beside.tables.size).toBe(0);
      }),
      {numRuns: 400},
    );
    // How many is chance: of 400 runs about 38 leave a shard stranded, and now and then half as many.
    for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(0);
  });

  it('sends nothing of a shard of which nothing has changed, whoever is left out', async () => {
    const beside = new Beside();
    const plans = new ReaderPlans(beside);
    const app = uneven(40);
    await bothSay(plans, app, []);
    expect(beside.rows).toBe(40);
    app.own('s3', {container: 'c1', incarnation: 'c1-0'});
    app.shard('s4', undefined);
    for (const without of [[], ['c0'], ['c1'], []]) await bothSay(plans, app, without, 1);
    expect(beside.rows).toBe(42);
  });

  it('of an app that is viewed anew takes nothing of the old view', async () => {
    const plans = new ReaderPlans(new Beside());
    await bothSay(plans, uneven(40), []);
    const {kept, anew} = await bothSay(plans, uneven(9), ['c0']);
    expect(kept).toEqual(anew);
  });

  it('is the same in the thread', async () => {
    const plans = inThread();
    const app = uneven(40);
    for (const without of [[], ['c0'], ['c1']]) {
      const {kept, anew} = await bothSay(plans, app, without, 1);
      expect(kept).toEqual(anew);
    }
  });

  it('of a small app is made at once', async () => {
    const thread = new PlannerThread({from: SHARDS_PLANNED_INLINE});
    const {listing} = uneven(2);
    expect(await new ReaderPlans(thread).plan(listing, livingOf(listing))).toBeUndefined();
    expect(thread.isRunning).toBe(false);
  });

  it('leaves the rows of few apps, for a short while, and none of a listing that is nobody else’s', async () => {
    // They go on with the real ones: work in slices rests by them.
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true});
    const beside = new Beside();
    const plans = new ReaderPlans(beside);
    const ask = (name: string, {ids, ...listing}: AppListing, isShared = true) =>
      plans.plan(
        {...listing, app: name, ...(isShared && ids !== undefined ? {ids} : {})},
        livingOf(listing),
      );
    const {listing} = uneven(3);
    await ask('own', listing, false);
    expect(beside.tables.size).toBe(0);
    for (let at = 0; at < READER_TABLES + 3; at += 1) await ask(`app-${at}`, listing);
    expect(beside.tables.size).toBe(READER_TABLES);
    await ask(`app-${READER_TABLES}`, uneven(3).listing);
    expect(beside.tables.size).toBe(READER_TABLES);
    await vi.advanceTimersByTimeAsync(READER_TABLE_KEPT_MS);
    expect(beside.tables.size).toBe(0);
  });
});

describe('a plan for a reader, where the thread ends', () => {
  it('is made anew when the thread has ended since the last one', async () => {
    const workers: Worker[] = [];
    const plans = inThread({
      begin: () => workers[workers.push(beginPlannerThread()) - 1] as Worker,
    });
    const app = uneven(5);
    await bothSay(plans, app, []);
    await workers[0]?.terminate();
    const {kept, anew} = await bothSay(plans, app, ['c0']);
    expect(kept).toEqual(anew);
    expect(workers).toHaveLength(2);
  });

  it('can be asked for again when the thread has ended, and is made at once when it ends every time', async () => {
    const lost: boolean[] = [];
    const plans = inThread({
      begin: () => new Worker('process.exit(3)', {eval: true}),
      onLost: (_error, isForGood) => lost.push(isForGood),
    });
    const {listing} = uneven(5);
    for (let time = 0; time < 2; time += 1)
      await expect(plans.plan(listing, livingOf(listing))).rejects.toMatchObject({
        code: 'SERVER_UNAVAILABLE',
        retryable: true,
      });
    for (let time = 0; time < 2; time += 1)
      expect(await plans.plan(listing, livingOf(listing))).toBeUndefined();
    expect(lost).toEqual([false, false, true]);
  });
});
