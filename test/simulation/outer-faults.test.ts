/** The faults of the surroundings bite: with a planted break they lead to a violation. And how containers that lie are dealt with. */
import {expect, it} from 'vitest';
import {RELIST_INTERVAL_MS} from '../../src/appview/limits.ts';
import {ListAndWatch} from '../../src/appview/list-and-watch.ts';
import {PrefixWatch} from '../../src/etcd/watch.ts';
import {EndpointRotation} from '../../src/etcd/endpoint-rotation.ts';
import {processMetrics} from '../../src/container/metrics.ts';
import {SessionDriver} from '../../src/container/session-driver.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';
import type {Transaction} from '../../src/store/port.ts';
import type {FaultName} from './faults.ts';
import {APP, Fleet} from './fleet.ts';
import {SIMULATION_HANG_MS} from './hang.ts';
import {Random} from './random.ts';
import {runScenario} from './scenario.ts';
import type {Lie} from './simulated-http.ts';
import {SimulatedStore} from './simulated-store.ts';
import {Weather} from './weather.ts';
import {WIDE_FROM_SEED} from './wider-faults.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

type Method = (this: never, ...given: never[]) => unknown;

interface Break {
  readonly name: string;
  readonly type: {readonly prototype: object};
  readonly method: string;
  readonly planted: (original: (...given: unknown[]) => unknown) => Method;
  readonly faults: readonly FaultName[];
  readonly broken: RegExp;
}

const SEEDS = 40;

/** The silence of a heartbeat by the wall clock. */
function quietByWall(): Method {
  const seen = new Map<string, {mod: number; wallMs: number}>();
  return function (this: FailureDetector, incarnation: string): number {
    const mod = this.version(incarnation);
    if (seen.get(incarnation)?.mod !== mod) seen.set(incarnation, {mod, wallMs: Date.now()});
    return Date.now() - (seen.get(incarnation)?.wallMs ?? Date.now());
  };
}

/** Transactions as they would be with another rule. */
function otherTransactions(
  change: (transaction: Transaction) => Transaction,
): (original: (...given: unknown[]) => unknown) => Method {
  return (original) =>
    function (this: unknown, transaction: Transaction, options: unknown) {
      return original.call(this, change(transaction), options);
    };
}

function takesWhoeverLives({compares, then, otherwise = []}: Transaction): Transaction {
  const takes = then.some(({op, key}) => op === 'put' && key.includes('/id/'));
  const kept = compares.filter(
    ({key, target, value}) =>
      !(takes && key.includes('/hb/') && target === 'create' && Number(value) === 0),
  );
  return {compares: kept, then, otherwise};
}

function keepsTheEpoch({compares, then, otherwise = []}: Transaction): Transaction {
  const kept = then.map((one) =>
    one.op === 'put' && one.key.endsWith('/cluster')
      ? {...one, value: one.value.replace(/"epoch":\d+/, '"epoch":1')}
      : one,
  );
  return {compares, then: kept, otherwise};
}

const BREAKS: readonly Break[] = [
  {
    name: 'a client that stays with a member of etcd that is away',
    type: EndpointRotation,
    method: 'failed',
    planted: () => () => undefined,
    faults: ['etcdMember'],
    broken: /^(I4|I6) /,
  },
  {
    name: 'a watch that is not opened again when pings find its connection dead',
    type: PrefixWatch,
    method: 'retry',
    planted: () => () => undefined,
    faults: ['etcdMember', 'cutDaemon'],
    broken: /^I6 /,
  },
  {
    name: 'a reader that lists once and then believes its watch',
    type: ListAndWatch,
    method: 'again',
    planted: (original) =>
      function (this: unknown, rewatch: boolean, afterMs: number) {
        if (rewatch || afterMs < RELIST_INTERVAL_MS / 2) original.call(this, rewatch, afterMs);
      },
    faults: ['silentWatches', 'shardChurn', 'killContainer'],
    broken: /^(I6|leak) /,
  },
  {
    name: 'a governor that measures silence on the wall',
    type: FailureDetector,
    method: 'quietMs',
    planted: quietByWall,
    faults: ['wallSteps'],
    broken: /^I1 /,
  },
  {
    name: 'an id that is taken from whoever a look did not see',
    type: SimulatedStore,
    method: 'transact',
    planted: otherTransactions(takesWhoeverLives),
    faults: ['staleLooks', 'doubleId'],
    broken: /^law .* from one that lives/,
  },
  {
    name: 'a container that does not hear that its app is removed',
    type: SessionDriver,
    method: 'appDeleting',
    planted: () => () => undefined,
    faults: ['recreateApp'],
    broken: /^I6 /,
  },
  {
    name: 'a restore that is accepted without a step of the epoch',
    type: SimulatedStore,
    method: 'transact',
    planted: otherTransactions(keepsTheEpoch),
    faults: ['restoreStore'],
    broken: /^(I3|I6) /,
  },
  {
    name: 'watches that stay open when others take their place',
    type: PrefixWatch,
    method: 'close',
    planted: () => () => undefined,
    faults: ['pauseDaemon', 'cutDaemon'],
    broken: /^leak .* watches/,
  },
];

async function firstViolation(faults: readonly FaultName[]): Promise<string> {
  for (let seed = WIDE_FROM_SEED; seed < WIDE_FROM_SEED + SEEDS; seed += 1) {
    const {violation} = await runScenario(seed, {faults});
    if (violation !== undefined) return `${violation.promise} ${violation.text}`;
  }
  return '';
}

it.each(BREAKS)(
  '$name',
  async ({type, method, planted, faults, broken}) => {
    const methods = type.prototype as Record<string, Method>;
    const original = methods[method];
    if (original === undefined) throw new Error(`no method ${method}`);
    methods[method] = planted(original as never);
    try {
      expect(await firstViolation(faults)).toMatch(broken);
    } finally {
      methods[method] = original;
    }
  },
  SIMULATION_HANG_MS,
);

const SHAPE = {
  ...{containers: 3, daemons: 2, shards: 6, ttlMs: 5_000, daemonTtlMs: 5_000},
  maxRecoveryTimeS: 0,
};
/** Two answers to the question that comes each half a minute +-20 %. */
const DOUBTED_BY_MS = 120_000;
const TRUSTED_WITHIN_MS = 5_000 + 3_000;

function alarms({server, keys}: Fleet): string[] {
  const text = server.kv.get(keys.status(APP))?.value ?? '{"alarms":[]}';
  return (JSON.parse(text) as {alarms: {code: string}[]}).alarms.map(({code}) => code);
}

function containersThatLie(seed: number, lie: Lie): void {
  const world = new World(seed);
  const fleet = new Fleet(world, SHAPE, new Weather(world, 1e9), new Random(seed));
  fleet.real = true;
  fleet.begin();
  world.run(8_000);
  const shards = [...fleet.shards];
  for (const {endpoint} of fleet.living) fleet.http.lies.set(endpoint, lie);
  world.run(DOUBTED_BY_MS);
  const said = alarms(fleet).filter((code) => code === 'HOLDINGS_DIFFER');
  expect(said, `seed ${seed}`).toHaveLength(SHAPE.containers);
  for (const shard of shards) expect(fleet.checker.acting(APP, shard)).toHaveLength(1);
  fleet.putShard('new');
  world.run(world.nowMs + 10_000);
  expect(fleet.checker.acting(APP, 'new'), `seed ${seed}`).toEqual([]);
  fleet.http.lies.clear();
  world.run(world.nowMs + TRUSTED_WITHIN_MS);
  expect(fleet.checker.acting(APP, 'new'), `seed ${seed}`).toHaveLength(1);
  expect(alarms(fleet)).not.toContain('HOLDINGS_DIFFER');
  expect(fleet.checker.violation).toBeUndefined();
}

it.each<Lie>(['more', 'less'])(
  'containers that say they hold one shard %s than they do keep what they have, get nothing new, and are trusted again soon',
  async (lie) => {
    patchGlobals();
    for (let seed = 1; seed <= 3; seed += 1) await ownTurn(() => containersThatLie(seed, lie));
  },
  SIMULATION_HANG_MS,
);

/** What outlives a world is kept with all of it: after hundreds of worlds most of the time goes to a heap of old ones. */
it('a world leaves nothing behind in what the whole process measures', async () => {
  patchGlobals();
  await ownTurn(() => {
    const world = new World(1);
    const fleet = new Fleet(world, SHAPE, new Weather(world, 1e9), new Random(1));
    fleet.real = true;
    fleet.begin();
    world.run(8_000);
    expect(fleet.living.every(({isReady}) => isReady)).toBe(true);
  });
  expect(processMetrics['containers'].size).toBe(0);
});
