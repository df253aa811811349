/**
 * `npx tsx --expose-gc test/bench/governor.ts [SHARDSxCONTAINERS]`: how long one governor keeps the event loop from everything else, by phase: each phase is one call
 * or turn of the machine, which nothing can interrupt. No store, no network: records are made here. Default 1000000x1000.
 */
import {Governor} from '../../src/governor/governor.ts';
import type {AppChange} from '../../src/model/change.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {plan} from '../../src/planner/index.ts';

const TTL_MS = 30_000;
/** Beyond every pause between plans. */
const CALM_MS = 600_000;
const RUNS = 3;

class Probe {
  private readonly changes: AppChange[];
  private readonly governor: Governor;
  private readonly containers: number;
  private revision: number;
  private nowMs = 1_000_000;
  private moves = 0;

  constructor(shards: number, containers: number) {
    this.containers = containers;
    this.changes = [...specs(shards), ...records(shards, containers)];
    for (let at = 0; at < containers; at += 1) this.changes.push(...container(`c${at}`));
    this.revision = 1_000;
    const nextMoveId = (): string => `m${(this.moves += 1)}`;
    const options = {app: 'app', governor: 'd1', epoch: 1, plan, nextMoveId};
    this.governor = new Governor(options, this.nowMs);
  }

  listing(): void {
    this.governor.listings.take(this.changes, this.revision, this.nowMs);
  }

  turn(): void {
    this.governor.probeCommitted(this.nowMs);
    for (const action of this.governor.advance(this.nowMs, this.nowMs)) {
      if (action.type !== 'write') continue;
      const answer = {kind: 'committed', revision: this.next()} as const;
      this.governor.answered(action.transition.shard, action.op, answer, this.nowMs);
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
  event(): void {
    const change = spec(`more-${this.next()}`, this.revision);
    this.governor.changed(change, this.nowMs);
  }

  lose(): void {
    const mod = this.next();
    this.governor.changed({kind: 'heartbeat', mod, incarnation: 'i-c0', entry: undefined}, mod);
    this.governor.changed({kind: 'id', mod, container: 'c0', incarnation: undefined}, mod);
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

interface Block {
  readonly wallMs: number;
  /** Of all threads of the process: less than `wallMs` where others work on the machine, more where collections run beside. */
  readonly cpuMs: number;
}

/** Longest of several runs. */
function longest(work: () => void, before: () => void = () => undefined, runs = RUNS): Block {
  let [wallMs, cpuMs] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    before();
    globalThis.gc?.();
    const [startedMs, used] = [performance.now(), process.cpuUsage()];
    work();
    wallMs = Math.max(wallMs, performance.now() - startedMs);
    const {user, system} = process.cpuUsage(used);
    cpuMs = Math.max(cpuMs, (user + system) / 1_000);
  }
  return {wallMs, cpuMs};
}

const [shards = 1_000_000, containers = 1_000] = (process.argv[2] ?? '1000000x1000')
  .split('x')
  .map(Number);
const probe = new Probe(shards, containers);
const show = (phase: string, {wallMs, cpuMs}: Block): void =>
  console.log(
    `${phase.padEnd(48)} ${wallMs.toFixed(1).padStart(9)} ms, CPU ${cpuMs.toFixed(0).padStart(6)} ms`,
  );
console.log(`${shards} shards, ${containers} containers: longest block of the event loop`);
const turn = (): void => probe.turn();
show(
  'the first listing is taken in',
  longest(() => probe.listing(), undefined, 1),
);
show(
  'the first turn: plan, and a look at every shard',
  longest(turn, () => probe.calm(), 1),
);
show('a turn with nothing to do', longest(turn));
show(
  'an idle relisting',
  longest(() => probe.listing()),
);
show(
  'the turn after it',
  longest(turn, () => (probe.listing(), probe.calm())),
);
show(
  'a shard is added: the turn that plans it',
  longest(turn, () => (probe.calm(), probe.event())),
);
show(
  'a container is lost: the turn that plans',
  longest(turn, () => (probe.calm(), probe.lose()), 1),
);
show(
  'a tenth more containers: the turn that plans',
  longest(turn, () => (probe.calm(), probe.join()), 1),
);
show('a turn with the moves to them in the queue', longest(turn));
