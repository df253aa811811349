/** What operators do, and what goes wrong by them. */
import {APPS, shardName} from './bed.ts';
import {Group} from './parts.ts';
import type {Nemesis} from './nemesis.ts';

let extras = 0;

const drain: Nemesis = async (bed, random) => {
  const group = random.pick(bed.groups);
  const {app, id} = random.pick(group.order.containers);
  const target = {service: app, container: id};
  await (await bed.admin()).call('drain', {...target, reason: 'chaos'});
  return {
    text: `drain ${id}`,
    targets: [group.name],
    lastsMs: random.between(1_000, 8_000),
    heal: async () => {
      await retried(async () => (await bed.admin()).call('uncordon', target));
    },
  };
};

/** Its right is taken by order: it fences itself, ends, and joins again. */
const evict: Nemesis = async (bed, random) => {
  const group = random.pick(bed.groups);
  const {app, id} = random.pick(group.order.containers);
  await (await bed.admin()).call('evict', {service: app, container: id});
  return {text: `evict ${id}`, targets: [group.name], lastsMs: 2_000, heal: () => undefined};
};

/** Pinned elsewhere, and free again afterwards. */
const moveShards: Nemesis = async (bed, random) => {
  const service = random.pick(APPS);
  const admin = await bed.admin();
  const to = `${service}-${random.between(0, bed.groups.length - 1)}`;
  const from = random.between(0, bed.options.shards - 1);
  const shards = Array.from({length: 5}, (_, index) =>
    shardName((from + index) % bed.options.shards),
  );
  for (const shardId of shards)
    await admin.call('updateShard', {service, shardId, manualContainerId: to});
  return {
    text: `move ${shards.length} shards of ${service} to ${to}`,
    targets: [],
    lastsMs: random.between(1_000, 6_000),
    heal: async () => {
      for (const shardId of shards)
        await retried(async () =>
          (await bed.admin()).call('updateShard', {service, shardId, manualContainerId: ''}),
        );
    },
  };
};

/** Another task: its owner drops each of the shards and adds it anew with a new token. */
const editSpecs: Nemesis = async (bed, random) => {
  const service = random.pick(APPS);
  const admin = await bed.admin();
  const from = random.between(0, bed.options.shards - 1);
  const task = `task ${random.between(0, 1_000_000)}`;
  for (let index = 0; index < 4; index += 1) {
    const shardId = shardName((from + index) % bed.options.shards);
    await admin.call('updateShard', {service, shardId, task});
  }
  return {
    text: `4 shards of ${service} have another task`,
    targets: [],
    lastsMs: 1_000,
    heal: () => undefined,
  };
};

/** Shards come and go again. */
const churnShards: Nemesis = async (bed, random) => {
  const service = random.pick(APPS);
  extras += 1;
  const shards = Array.from({length: 6}, (_, index) => ({shardId: `extra-${extras}-${index}`}));
  await (await bed.admin()).call('addShards', {service, shards});
  return {
    text: `6 shards more in ${service}, then gone`,
    targets: [],
    lastsMs: random.between(1_000, 8_000),
    heal: async () => {
      await retried(async () => (await bed.admin()).call('delShards', {service, shards}));
    },
  };
};

/** A second process claims the ids of one that lives. */
const duplicateIds: Nemesis = async (bed, random) => {
  const group = random.pick(bed.groups);
  extras += 1;
  const {judge, etcdPrefix, ttlMs, containers, everyMs} = group.order;
  const name = `twin${extras}`;
  const twin = await Group.make(
    {name, judge, etcdPrefix, ttlMs, containers, everyMs, watchdog: false},
    bed.etcd,
  );
  twin.start();
  return {
    text: `a second process with the ids of ${group.name}`,
    targets: [group.name],
    lastsMs: random.between(2_000, 3 * ttlMs),
    heal: () => twin.close(),
  };
};

/** For what must be taken back, whoever may be down at the moment. */
async function retried(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const done = await work().then(
      () => true,
      () => false,
    );
    if (done) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('an order cannot be taken back');
}

export const OPERATOR_NEMESES = {
  drain,
  evict,
  moveShards,
  editSpecs,
  churnShards,
  duplicateIds,
} as const;
