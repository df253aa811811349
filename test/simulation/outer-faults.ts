/** Faults of what surrounds containers and daemons: members of etcd, backups of it, clocks on the wall, and the life of the app itself. */
import {MemoryKv} from '../support/memory-store.ts';
import type {FaultTime} from './faults.ts';
import {APP, SERVICE} from './fleet.ts';
import type {Fleet} from './fleet.ts';
import {ENDPOINTS} from './joined-process.ts';
import type {SimProcess} from './process.ts';
import type {Lie} from './simulated-http.ts';
import type {EndpointFault} from './weather.ts';
import type {WiderFault} from './wider-faults.ts';

const HOUR_MS = 3_600_000;
/** As `etcdutl snapshot restore --bump-revision` does it. */
const REVISION_BUMP = 1_000_000_000;
const LOOK_MS = 200;
const LIES: readonly Lie[] = ['more', 'less'];
const ENDPOINT_FAULTS: readonly EndpointFault[] = ['refuses', 'swallows', 'loses answers'];

/** From 50 ms to 3T, short ones as often as long ones. */
function length({fleet, random, leftMs}: FaultTime): number {
  return Math.min(leftMs, 50 * ((3 * fleet.shape.ttlMs) / 50) ** random.next());
}

export const OUTER_FAULTS = {
  /** One of three members of etcd: the others go on. */
  etcdMember: {
    share: 0.15,
    everyT: 2,
    strike: (time) => {
      const {fleet, random} = time;
      const {weather, world} = fleet;
      if (weather.endpoints.size > 0) return;
      const endpoint = random.pick(ENDPOINTS);
      weather.setEndpoint(endpoint, random.pick(ENDPOINT_FAULTS));
      world.after(length(time), () => weather.setEndpoint(endpoint, undefined));
    },
  },
  /** Watches of a process that live and lose what happens, with progress reported or not: only a listing can tell. */
  silentWatches: {
    share: 0.12,
    everyT: 2,
    strike: (time) => {
      const {fleet, random} = time;
      const {weather, world} = fleet;
      const daemons = [...fleet.daemons.values()].filter(({process}) => process.alive);
      const nodes = random.chance(0.7) ? daemons : fleet.living;
      if (nodes.length === 0) return;
      const {process} = random.pick<{readonly process: SimProcess}>(nodes);
      weather.silenceWatches(process, random.chance(0.5));
      world.after(length(time), () => weather.silenceWatches(process, undefined));
    },
  },
  /** Looks at the heartbeat of another, as who waits for an id makes them, see the past. */
  staleLooks: {
    share: 0.12,
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.weather.rates.staleLooks = random.between(0.3, 1);
    },
  },
  /** The wall clock of one machine is set, by up to an hour: its monotonic one goes on. */
  wallSteps: {
    share: 0.12,
    everyT: 3,
    strike: ({fleet, random}) => {
      const living = [...fleet.living, ...fleet.daemons.values()].filter(
        ({process}) => process.alive,
      );
      if (living.length === 0) return;
      const node = random.pick(living);
      node.process.stepWall(random.between(-1, 1) * random.pick([1_000, 10_000, HOUR_MS]));
    },
  },
  /** What containers answer to the question what they hold does not fit. */
  lyingContainers: {
    share: 0.12,
    everyT: 0,
    strike: ({fleet, random}) => {
      const all = random.chance(0.4);
      for (const {endpoint} of fleet.living)
        if (all || random.chance(0.4)) fleet.http.lies.set(endpoint, random.pick(LIES));
    },
  },
  /** The app is removed with all that belongs to it, and created again under its name. */
  recreateApp: {
    share: 0.08,
    everyT: 0,
    strike: ({fleet, random, leftMs}) => {
      fleet.world.after(random.between(0, 0.7) * leftMs, () => recreateApp(fleet));
    },
  },
  /** etcd is restored from a backup, and the operator accepts that. */
  restoreStore: {
    share: 0.08,
    everyT: 0,
    strike: ({fleet, random, leftMs}) => {
      const backupMs = random.between(0, 0.6) * leftMs;
      const bump = random.chance(0.5) ? REVISION_BUMP : 0;
      const restoreMs = random.between(0, 0.9) * (leftMs - backupMs);
      fleet.world.after(backupMs, () => {
        const {kv} = fleet.server;
        const backup = {entries: kv.list(''), revision: kv.revision};
        fleet.world.after(restoreMs, () => {
          const {entries, revision} = backup;
          restoreStore(fleet, MemoryKv.restored(entries, revision + bump));
        });
      });
    },
  },
} as const satisfies Record<string, WiderFault>;

export function recreateApp(fleet: Fleet): void {
  if (fleet.recreating || fleet.checker.restoring) return;
  const {operator, shape} = fleet;
  const shards = fleet.shards;
  fleet.tasks += 1;
  fleet.recreating = true;
  fleet.checker.everybodyTouched = true;
  const request = {service: APP, force: true, dryRun: false, reason: ''};
  const created = (): void => {
    fleet.world.note('the app is there again');
    for (const shard of shards) fleet.putShard(shard);
    fleet.tasks -= 1;
  };
  const create = (): void =>
    operator.insist(
      'create the app again',
      async (admin, caller) => {
        const {result} = await admin.addSpec(
          {
            ...{service: APP, maxShardCount: 0, dryRun: false, reason: ''},
            maxRecoveryTime: shape.maxRecoveryTimeS,
          },
          caller,
        );
        // By a stale read the app of before stands still: an operator who has removed it looks, and asks again.
        if (result === 'unchanged' && !fleet.appStands) throw new Error('the old app was meant');
      },
      created,
    );
  const awaitGone = (): void => {
    if (fleet.server.kv.get(fleet.keys.appSpec(APP)) === undefined) create();
    else fleet.world.after(LOOK_MS, awaitGone);
  };
  operator.insist('remove the app', (admin, caller) => admin.delSpec(request, caller), awaitGone);
}

/** Whoever acts goes on by the old right until its deadline; nobody claims until the operator has accepted what there is now. */
export function restoreStore(fleet: Fleet, kv: MemoryKv): void {
  const {checker, server, operator} = fleet;
  if (fleet.recreating) return;
  fleet.tasks += 1;
  checker.everybodyTouched = checker.restoring = checker.restored = true;
  checker.restoredAtMs = fleet.world.nowMs;
  server.restore(kv, `${server.clusterId}'`);
  operator.insist(
    'accept the restore',
    (admin, caller) => admin.acceptRestore({confirm: SERVICE, force: false, reason: ''}, caller),
    () => {
      checker.restoring = false;
      fleet.tasks -= 1;
    },
  );
}
