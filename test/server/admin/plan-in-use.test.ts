/** Where the governor of an app runs in the daemon, answers come from the plan that it acts by: no reader makes one. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {AppViews} from '../../../src/appview/app-views.ts';
import {SHARDS_PLANNED_INLINE} from '../../../src/governor/limits.ts';
import {plan} from '../../../src/planner/index.ts';
import type {PlanTerms} from '../../../src/planner/warm-table.ts';
import type {RowPlan} from '../../../src/planner/row-plan.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {gate} from '../../../src/runtime/gate.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {GovernorRun} from '../../../src/server/governing/governor-run.ts';
import {HintSender} from '../../../src/server/governing/hint-sender.ts';
import type {PlannersBeside} from '../../../src/server/governing/planners-beside.ts';
import {WarmPlanners} from '../../../src/server/warm-planners.ts';
import {TransactionBatcher} from '../../../src/store/batcher.ts';
import {LONG_MS, until} from '../../support/until.ts';
import {ownership, SERVICE, World} from './fixture.ts';

const service = 'orders';
/** No container falls silent while a test runs. */
const ttlMs = 600_000;
const OPERATIONS_PER_WRITE = 100;

/** Plans beside the governor, in the same process. */
class Beside implements PlannersBeside {
  readonly from = 0;
  /** An answer waits for this. */
  allowed: Promise<void> = Promise.resolve();
  private readonly planners = new WarmPlanners();
  private opened = 0;

  open() {
    this.opened += 1;
    const planner = this.opened;
    return {
      update: (batch: Parameters<WarmPlanners['update']>[1]) =>
        this.planners.update(planner, batch),
      plan: async (terms: PlanTerms): Promise<RowPlan> => {
        const made = this.planners.plan(planner, terms);
        await this.allowed;
        return made;
      },
      close: () => this.planners.close(planner),
    };
  }
}

/** A daemon that governs the app, and another one, on one store. */
class Bed {
  /** Plans that readers have made. */
  readonly plans = {here: 0, elsewhere: 0};
  readonly here: World;
  readonly elsewhere: World;
  private readonly run: GovernorRun;
  /** Of both containers: takes every hint, and lets go of nothing. */
  private readonly containers = createServer((_, reply) => {
    reply.statusCode = 202;
    reply.end(JSON.stringify({accepted: 1}));
  });
  private readonly hints = new HintSender({logger: silentLogger, allowLoopback: true});

  constructor(planners?: PlannersBeside) {
    const {plans} = this;
    const clock = systemClock();
    this.elsewhere = new World({plan: (snapshot) => ((plans.elsewhere += 1), plan(snapshot))});
    const {memory: store, keys} = this.elsewhere;
    const unused = (): Promise<never> => Promise.reject(new Error('there are no leases'));
    this.run = new GovernorRun({
      onAudited: () => undefined,
      ...{app: service, governor: 'd1', keys, store, batcher: new TransactionBatcher(store)},
      ...{epoch: 1, clock, logger: silentLogger, plan, planners, push: undefined},
      fencingKey: {key: keys.ownership(SERVICE, service), target: 'mod', value: 0},
      hints: this.hints,
      holdings: undefined,
      takesOver: false,
      leases: {
        ...{grant: unused, keepAliveOnce: unused, grantedSeconds: unused, revoke: unused},
        close: () => undefined,
      },
      onLostLeadership: () => undefined,
      onProbeInterval: () => undefined,
    });
    this.here = new World({
      store,
      plan: (snapshot) => ((plans.here += 1), plan(snapshot)),
      planInUse: () => this.run.shell?.planInUse(),
      views: new AppViews({
        ...{store, keys, clock, logger: silentLogger, unknownSince: () => ''},
        kept: (app) => (app === service ? this.run.shell?.kept : undefined),
      }),
    });
  }

  /** All shards on c1 but `proof`, which has shown that c2 serves. Its governor begins, and starts as many moves as may run at once. */
  async begin(shards: readonly string[], maxMoving: number): Promise<void> {
    const {memory, keys} = this.elsewhere;
    await this.elsewhere.call('addSpec', {service, maxMoving});
    this.containers.listen(0, '127.0.0.1');
    await once(this.containers, 'listening');
    const endpoint = `127.0.0.1:${(this.containers.address() as AddressInfo).port}`;
    for (const container of ['c1', 'c2'])
      await this.elsewhere.join(service, container, {ttlMs, endpoint});
    const blank = {service, task: '', updateTime: 1, manualContainerId: '', workerGroup: ''};
    const then = [...shards, 'proof'].flatMap((id) => {
      const container = id === 'proof' ? 'c2' : 'c1';
      const record = ownership({container, incarnation: `${container}-1`});
      return [
        {
          op: 'put',
          key: keys.shardSpec(service, id),
          value: encodeRecord({id, ...blank, group: ''}),
        },
        {op: 'put', key: keys.ownership(service, id), value: encodeRecord(record)},
      ] as const;
    });
    for (let at = 0; at < then.length; at += OPERATIONS_PER_WRITE) {
      const part = then.slice(at, at + OPERATIONS_PER_WRITE);
      await memory.transact({compares: [], then: part});
    }
    this.run.start();
    await this.untilMoving(maxMoving);
  }

  async stop(): Promise<void> {
    this.run.stop();
    await this.hints.close();
    this.containers.close();
  }

  get planInUse() {
    return this.run.shell?.planInUse();
  }

  /** So many moves run, others than before, and nothing is left to be planned. */
  async untilMoving(count: number, before: readonly string[] = []): Promise<void> {
    const isSo = (): boolean => {
      const moving = this.dropping.filter((shard) => !before.includes(shard));
      return this.run.shell?.planInUse()?.isNewest === true && moving.length === count;
    };
    await until(isSo, LONG_MS, `${count} moves run`);
  }

  get dropping(): string[] {
    const records = [...(this.run.shell?.planInUse()?.gate.view.own ?? [])];
    return records.filter(([, {value}]) => value.state === 'dropping').map(([shard]) => shard);
  }

  /** What runs has arrived. */
  async arrive(shards: readonly string[]): Promise<void> {
    for (const shard of shards)
      await this.elsewhere.own(service, shard, {container: 'c2', incarnation: 'c2-1'});
  }
}

let bed: Bed;
afterEach(() => bed.stop());

const SHARDS = Array.from({length: 12}, (_, at) => `s${String(at).padStart(2, '0')}`);
const MAX_MOVING = 2;

describe.each([['within'], ['beside']] as const)('a governor that plans %s its turns', (where) => {
  beforeEach(async () => {
    bed = new Bed(where === 'beside' ? new Beside() : undefined);
    await bed.begin(SHARDS, MAX_MOVING);
  });

  it('answers 50 whys, and lists of moves and waits, without a plan of the reader', async () => {
    for (let asked = 0; asked < 50; asked += 1)
      await bed.here.call('why', {service, shardId: SHARDS[asked % SHARDS.length] ?? ''});
    const {queued} = await bed.here.call('moves', {service});
    expect(queued.length).toBeGreaterThan(MAX_MOVING);
    const {missing} = await bed.here.call('waitCheck', {service, kind: 'app', for: 'balanced'});
    expect(missing.map(({id}) => id)).toEqual(
      expect.arrayContaining(queued.map(({shard}) => shard)),
    );
    // A turn of the governor may be due just when somebody asks.
    expect(bed.plans.here).toBeLessThan(5);
  });

  it('answers as a daemon does that has to make a plan of the records', async () => {
    const answers = async (world: World) => {
      const {queued, queuedCount} = await world.call('moves', {service});
      const whys = [];
      for (const shardId of SHARDS) {
        const {homes, excluded, rule, queued: own} = await world.call('why', {service, shardId});
        whys.push({homes, excluded, rule, own});
      }
      return {queued, queuedCount, whys};
    };
    const here = await answers(bed.here);
    expect(here).toEqual(await answers(bed.elsewhere));
    expect(here.queued[0]).toMatchObject({
      ...{state: 'queued', numbers: 'c1 12 -> 7 shards; c2 1 -> 6 shards'},
      waitsFor: {budget: 'maxMoving', used: MAX_MOVING, limit: MAX_MOVING},
    });
    // Else both said what one governor says.
    expect(bed.plans.elsewhere).toBeGreaterThan(0);
  });

  it('lists the moves that begin next, in that order', async () => {
    const {queued} = await bed.here.call('moves', {service});
    const before = bed.dropping;
    await bed.arrive(before);
    await bed.untilMoving(MAX_MOVING, before);
    const next = queued.slice(0, MAX_MOVING).map(({shard}) => shard);
    expect(bed.dropping.sort()).toEqual(next.sort());
  });

  it('is asked who has proved itself: records no longer say it of a container that has given all away', async () => {
    await bed.elsewhere.call('delShard', {service, shardId: 'proof'});
    await until(() => bed.dropping.includes('proof'), LONG_MS, 'c2 has nothing that is ready');
    const {queuedCount} = await bed.here.call('moves', {service});
    expect(queuedCount).toBeGreaterThan(MAX_MOVING);
    const answer = await bed.here.call('plan', {service});
    expect(answer).toMatchObject({moveCount: queuedCount, unproved: [], trials: []});
  });

  it('goes on with a plan of the reader while its next one is due', async () => {
    const before = await bed.here.call('moves', {service});
    await bed.elsewhere.call('setContainer', {service, container: 'c1', weight: 3});
    const after = await bed.here.call('moves', {service});
    expect(after.queuedCount).toBeLessThan(before.queuedCount);
  });
});

describe('of a large app, while the next plan is due', () => {
  const many = Array.from({length: SHARDS_PLANNED_INLINE}, (_, at) => `s${at}`);
  let planned = gate();

  beforeEach(async () => {
    planned = gate();
    const beside = new Beside();
    bed = new Bed(beside);
    await bed.begin(many, MAX_MOVING);
    beside.allowed = planned.promise;
    await bed.elsewhere.call('setContainer', {service, container: 'c1', weight: 3});
    await until(() => bed.planInUse?.isNewest === false, LONG_MS, 'a plan is due');
  });
  afterEach(() => planned.resolve());

  it('answers say by which revision the plan is', async () => {
    const moves = await bed.here.call('moves', {service});
    const why = await bed.here.call('why', {service, shardId: 's1'});
    for (const {planRevision, revision} of [moves, why])
      expect(Number(planRevision)).toBeLessThan(Number(revision));
    expect(moves.planRevision).toBe(why.planRevision);
    expect(bed.plans.here).toBe(0);
  });

  it('nobody is said to be done by an old plan', async () => {
    await bed.here.call('waitCheck', {service, kind: 'app', for: 'balanced'});
    expect(bed.plans.here).toBe(1);
  });

  it('a shard that the plan does not cover has its homes by a newer one', async () => {
    await bed.elsewhere.call('addShard', {service, shardId: 'new'});
    const {homes} = await bed.here.call('why', {service, shardId: 'new'});
    expect(homes).toHaveLength(2);
    expect(bed.plans.here).toBe(1);
  });
});
