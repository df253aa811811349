/**
 * Values that cannot be read, under each kind of key there is, beside healthy ones: the rest works, every read answers, and `sm doctor` names the key.
 */
import {expect, it} from 'vitest';
import type {Keys, ParsedKey} from '../../src/etcd/keys.ts';
import {decodeUsage} from '../../src/protocol/quota-fields.ts';
import {LONG_MS, STEADY_TTL_MS, clusterOfFile, shardIds} from '../support/cluster.ts';
import {patiently, until} from '../support/until.ts';

type Kind = ParsedKey['kind'];

const theCluster = clusterOfFile();
const TESTS_MS = 4 * LONG_MS;

const ROUND = '00000000000001-0001';
const ADDRESS = '10.0.0.1:80';
/** Each kind has an app of its own, so that the rows of doctor tell them apart. */
const appOf = (kind: Kind): string => `of-${kind}`;

interface Row {
  readonly key: (keys: Keys, app: string) => string;
  /** Values that can be read all the same, `*`: or that do not stay. Default: doctor names the key, or the app whose alarm does. */
  readonly unnamed?: readonly string[];
}

/** A text: why the value is not tried here. */
const ROWS: Readonly<Record<Kind, Row | string>> = {
  appSpec: {key: (keys, app) => keys.appSpec(app)},
  shardSpec: {key: (keys, app) => keys.shardSpec(app, `${app}0`)},
  containerOrder: {key: (keys, app) => keys.containerOrder(app, 'c')},
  // Each field of these may be left out.
  containerOverride: {
    key: (keys, app) => keys.containerOverride(app, 'c'),
    unnamed: ['lacks its fields'],
  },
  applyMarker: {key: (keys, app) => keys.applyMarker(app)},
  callKeys: {key: (keys, app) => keys.callKeys(app)},
  stopPermissions: {key: (keys, app) => keys.stopPermissions(app)},
  audit: {
    key: (keys) => keys.audit('0000000000000000001-broken'),
    unnamed: ['lacks its fields'],
  },
  heartbeat: {key: (keys, app) => keys.heartbeat(app, 'made-by-hand')},
  containerId: {key: (keys, app) => keys.containerId(app, 'c')},
  ownership: {key: (keys, app) => keys.ownership(app, `${app}0`)},
  load: {key: (keys, app) => keys.load(app, 0)},
  moves: {key: (keys, app) => keys.moves(app, ROUND)},
  events: {key: (keys, app) => keys.events(app, ROUND)},
  // A push container's values have no version, and their fields may be left out.
  pushSession: {
    key: (keys, app) => keys.pushSession(app, ADDRESS, 'ab'),
    unnamed: ['lacks its fields', 'is of a newer version'],
  },
  // The leader and the governor write them anew.
  usage: {key: (keys) => keys.usage(), unnamed: ['*']},
  status: {key: (keys, app) => keys.status(app), unnamed: ['*']},
  // It is replaced, which has an alarm where there are push containers.
  leaseGuard: {key: (keys, app) => keys.leaseGuard(app), unnamed: ['*']},
  // Any text is a value of these, or nobody of ours reads it.
  worker: {key: (keys, app) => keys.worker(app, 'group', 'c'), unnamed: ['*']},
  governedBy: {key: (keys, app) => keys.governedBy(app), unnamed: ['*']},
  pushShard: {key: (keys, app) => keys.pushShard(app, ADDRESS, 's'), unnamed: ['*']},
  originLeader: 'that it is there is what counts: nobody of ours leads',
  leader: 'nobody leads without it; test/server/admin/stored-values.test.ts',
  cluster: 'nobody claims without it; test/server/admin/stored-values.test.ts',
};
const rows = Object.entries(ROWS).flatMap(([kind, row]): [Kind, Row][] =>
  typeof row === 'string' ? [] : [[kind as Kind, row]],
);

const VALUES: Readonly<Record<string, string>> = {
  'is not JSON': '{"v":',
  'is of another type': '7',
  'lacks its fields': '{"v":1}',
  'is of a newer version': '{"v":99}',
  'is a huge number': `{"v":1,"ttlMs":9e307,"weight":9e307,"at":9e307,"shards":9e307}`,
};

async function stored(key: string): Promise<string | undefined> {
  const {entry} = await patiently(() => theCluster().store.get(key));
  return entry?.value;
}

/** `undefined`: the key is deleted. */
async function put(key: string, value: string | undefined): Promise<void> {
  const then = [
    value === undefined ? {op: 'delete' as const, key} : {op: 'put' as const, key, value},
  ];
  await patiently(async () => {
    const outcome = await theCluster().store.transact({compares: [], then});
    return outcome.kind === 'committed' ? outcome : undefined;
  });
}

type Read = () => Promise<unknown>;

/** Reads of the whole cluster. */
function clusterReads(): Record<string, Read> {
  const {admin} = theCluster();
  return {
    getSpec: () => admin.call('getSpec', {}),
    getApps: () => admin.call('getApps', {}),
    checks: () => admin.call('checks', {}),
    status: () => admin.call('status', {}),
    events: () => admin.call('events', {}),
  };
}

function appReads(app: string): Record<string, Read> {
  const {admin} = theCluster();
  const of = {service: app};
  const shard = {...of, shardId: `${app}0`};
  return {
    getApp: () => admin.call('getApp', of),
    detail: () => admin.call('detail', of),
    exportApp: () => admin.call('exportApp', of),
    getShard: () => admin.call('getShard', of),
    getShards: () => admin.call('getShards', of),
    locate: () => admin.call('locate', shard),
    why: () => admin.call('why', shard),
    getWorker: () => admin.call('getWorker', of),
    getContainers: () => admin.call('getContainers', of),
    moves: () => admin.call('moves', of),
    plan: () => admin.call('plan', of),
    events: () => admin.call('events', of),
    waitCheck: () => admin.call('waitCheck', {...of, kind: 'app', for: 'exists', timeoutMs: 1}),
  };
}

/** Those that failed, with their codes. */
async function failed(reads: Record<string, Read>): Promise<string[]> {
  const ends = await Promise.allSettled(Object.values(reads).map((read) => patiently(read)));
  return ends.flatMap((end, at) => {
    if (end.status === 'fulfilled') return [];
    const {failure} = end.reason as {failure: {code: string}};
    return [`${Object.keys(reads)[at]} ${failure.code}`];
  });
}

const OF_VALUES = /^(stored |alarm .*(QUARANTINE|PUSH_UNREADABLE))/;

/** Doctor's rows about values that cannot be read, each with a way out, as one text. */
async function doctor(): Promise<string> {
  const {checks} = await theCluster().admin.call('checks', {});
  return checks
    .filter(({name, verdict, fix}) => OF_VALUES.test(name) && verdict !== 'PASS' && fix !== '')
    .map(({name, text}) => `${name}: ${text}`)
    .join('\n');
}

async function expectHealthyGoesOn(late: string): Promise<void> {
  await theCluster().addShards('healthy', [late]);
  await until(
    async () =>
      [...(await theCluster().shards('healthy')).values()].every(({state}) => state === 'ready'),
    LONG_MS,
    'the healthy app is governed',
  );
}

/** Apps whose spec is the broken value are refused what would be made of it. */
const REFUSED = ['exportApp STORE_CORRUPT', 'plan STORE_CORRUPT'];

it(
  'a value that cannot be read takes nothing else away, and doctor names it, whatever kind of key has it',
  async () => {
    const {keys} = theCluster();
    for (const app of [...rows.map(([kind]) => appOf(kind)), 'healthy']) {
      await theCluster().createApp(app);
      await theCluster().addShards(app, shardIds(1, app));
    }
    await theCluster().join('healthy', 'healthy-c', {}, {ttlMs: STEADY_TTL_MS});
    for (const [name, value] of Object.entries(VALUES)) {
      const before: [string, string | undefined][] = [];
      for (const [kind, row] of rows) {
        const key = row.key(keys, appOf(kind));
        before.push([key, await stored(key)]);
        await put(key, value);
      }
      await expectHealthyGoesOn(`healthy-${name.replaceAll(' ', '-')}`);
      expect([name, await failed(clusterReads())]).toEqual([name, []]);
      for (const [kind] of rows)
        expect([name, kind, await failed(appReads(appOf(kind)))]).toEqual([
          name,
          kind,
          kind === 'appSpec' ? REFUSED : [],
        ]);
      const named = rows.filter(
        ([, {unnamed = []}]) => !unnamed.includes(name) && !unnamed.includes('*'),
      );
      const missing = (text: string): string[] =>
        named
          .filter(([kind, row]) => {
            const app = appOf(kind);
            return !text.includes(` of ${app}`) && !text.includes(row.key(keys, app));
          })
          .map(([kind]) => kind);
      if (name !== 'is a huge number')
        await until(
          async () => missing(await doctor()).length === 0,
          LONG_MS,
          () => `doctor names each key whose value ${name}`,
        );
      for (const [key, old] of before) await put(key, old);
    }
    await until(
      async () => decodeUsage((await stored(keys.usage())) ?? '') !== undefined,
      LONG_MS,
      'the leader writes anew what all apps take',
    );
    await until(
      async () => (await doctor()) === '',
      LONG_MS,
      'nothing is named once all is repaired',
    );
  },
  TESTS_MS,
);
