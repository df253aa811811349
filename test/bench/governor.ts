/**
 * `npx tsx test/bench/governor.ts [SHARDSxCONTAINERS]`: how long one governor keeps the event loop from everything else, by phase, as a daemon runs it: listings come in
 * steps, plans of large apps are made in a thread, and turns follow each other until nothing is left to do. No store, no network: records are made here. ms for which
 * the main thread has run from one turn of the event loop to the next, collections and what it sends to the thread among them. Default 1000000x1000.
 */
import {readFileSync} from 'node:fs';
import {setImmediate} from 'node:timers/promises';
import {Governor} from '../../src/governor/governor.ts';
import type {GovernorAction} from '../../src/governor/actions.ts';
import {SHARDS_PLANNED_INLINE} from '../../src/governor/limits.ts';
import type {AppChange} from '../../src/model/change.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {plan} from '../../src/planner/index.ts';
import {tuneEngine} from '../../src/runtime/engine.ts';
import {PlannerThread} from '../../src/server/planner-thread.ts';

const TTL_MS = 30_000;
/** Beyond every pause between plans. */
const CALM_MS = 600_000;
const STEPS_PER_SLICE = 4;
const KEYS_PER_PAGE = 1_000;
/** Moves wait for containers that are not here: turns come to an end all the same. */
const TURNS_LIMIT = 5_000;
const TURN_MS = 1;

class Blocks {
  private readonly seen: number[] = [];
  private sinceMs = ranMs();

  /** Lets others run, as a daemon does. */
  async next(): Promise<void> {
    await setImmediate();
    this.seen.push(ranMs() - this.sinceMs);
    this.sinceMs = ranMs();
  }

  get text(): string {
    const sorted = this.seen.toSorted((a, b) => b - a);
    const shown = [sorted[0], sorted[Math.floor(sorted.length / 100)], sorted[sorted.length >> 1]];
    const above = sorted.filter((ms) => ms > 50).length;
    const cells = [...shown.map((ms = 0) => ms.toFixed(1)), String(above), String(sorted.length)];
    return cells.join(' | ');
  }
}

/** ms that the main thread has run. */
function ranMs(): number {
  return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6;
}

class Probe {
  private readonly changes: AppChange[];
  private readonly governor: Governor;
  private readonly thread = new PlannerThread();
  private readonly planner = this.thread.open();
  private readonly containers: number;
  private revision = 1_000;
  private nowMs = 1_000_000;
  private moves = 0;

  constructor(shards: number, containers: number) {
    this.containers = containers;
    this.changes = [...specs(shards), ...records(shards, containers)];
    for (let at = 0; at < containers; at += 1) this.changes.push(...container(`c${at}`));
    const nextMoveId = (): string => `m${(this.moves += 1)}`;
    const ways = {plan, plansBesideFrom: SHARDS_PLANNED_INLINE, nextMoveId};
    this.governor = new Governor({app: 'app', governor: 'd1', epoch: 1, ...ways}, this.nowMs);
  }

  async listing(blocks: Blocks): Promise<void> {
    const {listings} = this.governor;
    listings.begin();
    const unknown: AppChange[] = [];
    for (const [at, change] of this.changes.entries()) {
      if (at % KEYS_PER_PAGE === 0) await blocks.next();
      const isOfShard = change.kind === 'shard' || change.kind === 'own';
      const isKnown = isOfShard && listings.isKnown(change.kind, change.shard, change.mod);
      if (!isKnown) unknown.push(change);
    }
    const intake = listings.intake(unknown, this.revision);
    for (let steps = 1; !intake.step(this.nowMs); steps += 1)
      if (steps % STEPS_PER_SLICE === 0) await blocks.next();
    await blocks.next();
  }

  /** Turns until nothing is left to do. */
  async rest(blocks: Blocks): Promise<void> {
    for (let turns = 0; turns < TURNS_LIMIT; turns += 1) {
      this.governor.probeCommitted(this.nowMs);
      const actions = this.governor.advance(this.nowMs, this.nowMs);
      await blocks.next();
      for (const action of actions) await this.carryOut(action, blocks);
      this.nowMs += TURN_MS;
      if (actions.length === 0 && this.governor.wakeAtMs(this.nowMs) > this.nowMs) return;
    }
  }

  /** So much time passes that a plan may follow; everybody beats. */
  calm(): void {
    this.nowMs += CALM_MS;
    for (const [incarnation, {value, create}] of [...this.governor.view.heartbeats]) {
      const mod = this.next();
      const entry = {value: {...value, seq: mod}, mod, create};
      this.governor.changed({kind: 'heartbeat', mod, incarnation, entry}, this.nowMs);
    }
  }

  /** A shard's spec is written. */
  add(): void {
    const mod = this.next();
    this.governor.changed(spec(`more-${mod}`, mod), this.nowMs);
  }

  lose(): void {
    const mod = this.next();
    const gone = {mod, entry: undefined};
    this.governor.changed({kind: 'heartbeat', incarnation: 'i-c0', ...gone}, this.nowMs);
    this.governor.changed({kind: 'id', mod, container: 'c0', incarnation: undefined}, this.nowMs);
  }

  /** A tenth more containers join, and each has proved itself. */
  join(): void {
    for (let at = 0; at < this.containers / 10; at += 1) {
      for (const change of container(`new-${at}`, this.next()))
        this.governor.changed(change, this.nowMs);
      const mod = this.next();
      this.governor.changed(spec(`proof-${at}`, mod, `new-${at}`), this.nowMs);
      this.governor.changed(owned(`proof-${at}`, `new-${at}`, mod), this.nowMs);
    }
  }

  async end(): Promise<void> {
    await this.thread.stop();
  }

  private async carryOut(action: GovernorAction, blocks: Blocks): Promise<void> {
    if (action.type === 'sendRows') this.planner.update(action.batch);
    if (action.type === 'plan') {
      const made = await this.planner.plan(action.terms);
      await blocks.next();
      if (made !== undefined) this.governor.planned(action.generation, made, this.nowMs);
      await blocks.next();
    }
    if (action.type !== 'write') return;
    const answer = {kind: 'committed', revision: this.next()} as const;
    this.governor.answered(action.transition.shard, action.op, answer, this.nowMs);
  }

  private next(): number {
    this.revision += 1;
    return this.revision;
  }
}
function specs(count: number): AppChange[] {
  const value = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 0};
  const changes: AppChange[] = [{kind: 'spec', mod: 1, entry: {value, mod: 1, create: 1}}];
  for (let at = 0; at < count; at += 1) changes.push(spec(`shard-${at}`, 2));
  return changes;
}

function spec(id: string, mod: number, manualContainerId = ''): AppChange {
  const value = {
    ...{id, service: 'app', task: '', updateTime: 1},
    ...{manualContainerId, group: '', workerGroup: ''},
  };
  return {kind: 'shard', mod, shard: id, entry: {value, mod, create: mod}};
}

function records(shards: number, containers: number): AppChange[] {
  return Array.from({length: shards}, (_, at) => owned(`shard-${at}`, `c${at % containers}`, 3));
}

function owned(shard: string, id: string, mod: number): AppChange {
  const value: OwnershipRecord = {
    ...{v: 1, state: 'owned', container: id, incarnation: `i-${id}`, endpoint: `${id}:1`},
    ...{ready: true, token: `1-${mod}`, move: null, failures: 0, lastError: '', taskVersion: 0},
  };
  return {kind: 'own', mod, shard, entry: {value, mod, create: mod}};
}

function container(id: string, mod = 2): AppChange[] {
  const incarnation = `i-${id}`;
  const value: Heartbeat = {
    ...{v: 1, container: id, ttlMs: TTL_MS, endpoint: `${id}:1`, host: id, pid: 1},
    ...{bootId: '', zone: '', labels: {}, version: '', sdk: ''},
    ...{seq: 1, nonce: '', state: 'ready'},
  };
  return [
    {kind: 'heartbeat', mod, incarnation, entry: {value, mod, create: mod}},
    {kind: 'id', mod, container: id, incarnation},
  ];
}

const [shards = 1_000_000, containers = 1_000] = (process.argv[2] ?? '1000000x1000')
  .split('x')
  .map(Number);
tuneEngine();
const probe = new Probe(shards, containers);

async function phase(what: string, work: (blocks: Blocks) => Promise<void>): Promise<void> {
  const blocks = new Blocks();
  await work(blocks);
  console.log(`| ${what} | ${blocks.text} |`);
}

console.log(
  `${shards} shards, ${containers} containers\n\n| phase | longest block, ms | of a hundred | in the middle | above 50 ms | blocks |\n| --- | --- | --- | --- | --- | --- |`,
);
await phase('the first listing', (blocks) => probe.listing(blocks));
await phase('the first plan, and a look at every shard', async (blocks) => {
  probe.calm();
  await probe.rest(blocks);
});
await phase('two idle relistings', async (blocks) => {
  for (let count = 0; count < 2; count += 1) {
    await probe.listing(blocks);
    await probe.rest(blocks);
  }
});
for (const [what, happen] of [
  ['a shard is added', () => probe.add()],
  ['a container is lost', () => probe.lose()],
  ['a tenth more containers', () => probe.join()],
] as const)
  await phase(what, async (blocks) => {
    probe.calm();
    happen();
    await probe.rest(blocks);
  });
await probe.end();
