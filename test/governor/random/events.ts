/** What happens to a random fleet: containers come and go, operators say things, shards and policies change, governors change. */
import {endsAtMs, operatorNote} from '../../../src/model/operator-note.ts';
import type {PlacementPolicy} from '../../../src/model/placement-policy.ts';
import type {ShardSpec} from '../../../src/model/specs.ts';
import type {RandomFleet} from './fleet.ts';
import {TTL_MS} from './processes.ts';
import type {Draw, Process} from './processes.ts';

type Event = (fleet: RandomFleet) => void;

const CONTAINERS = 6;
const SHARDS = 20;
const KEPT_LONGEST_MS = 90_000;

export function randomPolicy(next: Draw): PlacementPolicy {
  const some = (key: string, value: unknown): object => (next(3) === 0 ? {[key]: value} : {});
  return {
    metrics: ['qps', 'bytes'].slice(0, next(3)).map((name) => ({name, upper: 1.1 + next(5) / 10})),
    cooldown: [0, 20, 120, 300][next(4)] ?? 0,
    ...some('spreadZones', true),
    ...some('countSlack', next(5) / 10),
    ...some('quietTime', 1 + next(40)),
    ...some('slowStart', 1 + next(2)),
    ...some('drainOrder', 'sequential'),
    ...some('maxUnavailable', 1 + next(3)),
    moving: {
      ...some('container', 1 + next(3)),
      ...some('zone', 1 + next(3)),
      ...some('perMinute', 1 + next(4)),
    },
  };
}

/** Adds a shard, or rewrites its spec. */
export function randomShard({next, bed, processes}: RandomFleet, id: string): void {
  bed.addShard(id, {
    group: next(4) === 0 ? `g${next(2)}` : '',
    workerGroup: next(8) === 0 ? 'w' : '',
    manualContainerId: next(10) === 0 ? `c${next(5)}` : '',
    ...(next(5) === 0 ? {spreadKey: `k${next(3)}`} : {}),
    ...(next(5) === 0 ? {priority: next(3)} : {}),
    ...(next(4) === 0 ? {load: {qps: next(20), bytes: next(20)}} : {}),
  });
  processes.loads.set(id, [next(20), 2 ** next(8)]);
}

/** One of the containers that are well; undefined: there are none. */
function anyReady({next, processes}: RandomFleet): Process | undefined {
  return processes.ready[next(Math.max(1, processes.ready.length))];
}

function anyContainer({next}: RandomFleet): string {
  return `c${next(CONTAINERS)}`;
}

/** Rewrites the spec of a shard. */
function rewrite(fleet: RandomFleet, what: string, over: (spec: ShardSpec) => object): void {
  const {bed, next} = fleet;
  const shards = [...bed.governor.view.shards];
  const [shard, {value} = {value: undefined}] = shards[next(Math.max(1, shards.length))] ?? [''];
  if (value === undefined) return;
  const said = over(value);
  fleet.say(`${what} ${shard} ${JSON.stringify(said)}`);
  bed.addShard(shard, {...value, ...said});
}

function becomes(state: Process['state']): Event {
  return (fleet) => {
    const one = anyReady(fleet);
    if (one === undefined) return;
    fleet.say(`${state} ${one.incarnation}`);
    one.state = state;
    if (state === 'leaving') fleet.processes.beat(one);
  };
}

/** An operator takes a container out: it fences, and its heartbeat stays as it is until the governor deletes it. */
const evict: Event = (fleet) => {
  const one = anyReady(fleet);
  if (one === undefined || one.isPush) return;
  fleet.say(`evicting ${one.incarnation}`);
  one.state = 'dead';
  fleet.bed.heard(one.container, one.incarnation, {
    ...one.registered,
    state: 'evicting',
    ttlMs: TTL_MS,
  });
};

/** The session of a push container ends; its process goes on with what it has, and comes back with another session. */
const sessionEnds: Event = (fleet) => {
  const {processes, bed, next} = fleet;
  const one = processes.ready.find(({isPush}) => isPush);
  if (one === undefined) return;
  const ready = [...bed.governor.view.shardsOf(one.incarnation)].filter(
    (shard) => bed.own.get(shard)?.value.ready === true,
  );
  fleet.say(`session of ${one.incarnation} ends`);
  processes.remove(one);
  // Later nobody may count on what it kept: its shards may be with others, and it drops them when it sees that.
  const kept = next(2) === 0 ? ready : [];
  fleet.later(kept.length > 0 ? 1 : next(10_000), () => {
    processes.join(one.container, true, one.registered, kept);
  });
};

const order: Event = (fleet) => {
  const {bed, next} = fleet;
  const container = anyContainer(fleet);
  const said = next(2) === 0 ? 'drain' : 'cordon';
  fleet.say(`${said} ${container}`);
  const most = next(3) === 0 ? {maxMoving: 1} : {};
  bed.order(container, said, {at: new Date(bed.nowMs).toISOString(), ...most});
};

const lift: Event = (fleet) => {
  const container = anyContainer(fleet);
  fleet.say(`lift ${container}`);
  fleet.bed.lift(container);
};

const override: Event = (fleet) => {
  const {bed, next, invariants} = fleet;
  const container = anyContainer(fleet);
  const said = {
    ...(next(2) === 0 ? {weight: next(3)} : {}),
    ...(next(2) === 0 ? {capacity: next(6)} : {}),
    ...(next(3) === 0 ? {zone: `z${next(3)}`} : {}),
  };
  const now = next(3) === 0 ? undefined : said;
  fleet.say(`override ${container} ${JSON.stringify(now)}`);
  bed.override(container, now);
  invariants.limitsChanged();
};

const respec: Event = (fleet) => {
  const {bed, next, invariants} = fleet;
  const over =
    next(2) === 0
      ? {placement: randomPolicy(next)}
      : {
          maxMoving: next(2) === 0 ? 1 + next(4) : 0,
          maxShardCount: next(3) === 0 ? 2 + next(6) : 0,
        };
  fleet.say(`respec ${JSON.stringify(over)}`);
  bed.respec(over);
  invariants.limitsChanged();
};

/** An operator's pause; what was said last counts, and ends by itself. */
const pause: Event = (fleet) => {
  const {bed, next} = fleet;
  const forMs = 1 + next(KEPT_LONGEST_MS);
  fleet.say(`pause for ${forMs} ms`);
  const note = operatorNote({reason: '', by: 'op'}, bed.nowMs, forMs);
  bed.respec({paused: true, pause: note});
  fleet.later(forMs, () => {
    const endMs = endsAtMs(bed.governor.view.spec?.value.pause) ?? Number.POSITIVE_INFINITY;
    if (endMs > bed.nowMs || bed.governor.view.spec?.value.paused !== true) return;
    fleet.say('pause ends');
    bed.respec({paused: false});
  });
};

/** A deployer asks whether it may stop one or two containers, and stops them, or some of them, or none. */
const deploy: Event = (fleet) => {
  const {next, deployers, processes} = fleet;
  const wanted = Array.from({length: 1 + next(2)}, () => anyContainer(fleet));
  if (!deployers.ask(wanted)) return;
  fleet.say(`may stop ${wanted.join(' ')}`);
  for (const one of processes.ready) {
    if (!wanted.includes(one.container) || next(3) === 0) continue;
    one.state = next(4) === 0 ? 'dead' : 'leaving';
    fleet.say(`${one.state} ${one.incarnation}`);
    if (one.state === 'leaving') processes.beat(one);
  }
};

/** A pin that may end by itself. */
const pin: Event = (fleet) => {
  const {next} = fleet;
  rewrite(fleet, 'pin', () => ({manualContainerId: next(2) === 0 ? anyContainer(fleet) : ''}));
  if (next(2) > 0) return;
  const {bed} = fleet;
  const pinned = [...bed.governor.view.shards].find(
    ([, {value}]) => value.manualContainerId !== '',
  );
  if (pinned === undefined) return;
  fleet.later(next(KEPT_LONGEST_MS), () => {
    const known = bed.governor.view.shards.get(pinned[0])?.value;
    if (known !== undefined) bed.addShard(pinned[0], {...known, manualContainerId: ''});
  });
};

const task: Event = (fleet) =>
  rewrite(fleet, 'task', ({taskVersion = 0}) => ({taskVersion: taskVersion + 1}));

const remove: Event = (fleet) => {
  const {bed, next} = fleet;
  const shards = [...bed.governor.view.shards.keys()];
  const shard = shards[next(Math.max(1, shards.length))];
  if (shard === undefined) return;
  fleet.say(`remove ${shard}`);
  bed.removeShard(shard);
};

const add: Event = (fleet) => {
  const shard = `s${fleet.next(SHARDS)}`;
  fleet.say(`add ${shard}`);
  randomShard(fleet, shard);
};

const worker: Event = (fleet) => {
  const {bed, next} = fleet;
  const container = anyContainer(fleet);
  const present = next(3) > 0;
  fleet.say(`worker ${container} ${String(present)}`);
  const change = {kind: 'worker', mod: bed.next(), workerGroup: 'w', container, present} as const;
  bed.governor.changed(change, bed.nowMs);
};

const heat: Event = ({bed, next, processes}) => {
  for (const id of bed.governor.view.shards.keys())
    if (next(3) === 0) processes.loads.set(id, [next(next(4) === 0 ? 2_000 : 20), 2 ** next(12)]);
};

const takeOver: Event = (fleet) => {
  fleet.say('another daemon governs');
  fleet.takeOver();
};

const EVENTS: readonly Event[] = [
  ...[(fleet: RandomFleet) => fleet.join(anyContainer(fleet)), sessionEnds, takeOver],
  ...[becomes('leaving'), becomes('dead'), becomes('stuck'), evict],
  ({processes, next}) => processes.unstick(() => next(6) === 0),
  ...[order, order, lift, lift, override, respec, respec, pause, deploy, deploy],
  ...[add, remove, pin, pin, task, worker, heat, heat, heat],
];

export function randomEvent(fleet: RandomFleet): void {
  EVENTS[fleet.next(EVENTS.length)]?.(fleet);
}
