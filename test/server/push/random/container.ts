/**
 * A push container as the Go project has it: a session on a lease, heartbeats that list its shards, add and drop by HTTP. What it runs it keeps
 * below `s/<id>/`, and runs again when it starts. Once its lease may have ended it stops everything and starts anew.
 */
import {proxyIncarnation} from '../../../../src/model/ids.ts';
import {SimProcess} from '../../../simulation/process.ts';
import {checkRuns} from './checks.ts';
import {APP} from './world.ts';
import type {PushWorld} from './world.ts';

const TTL_S = 5;
const TTL_MS = 5_000;
const RENEW_MS = 1_200;
const BEAT_MS = 3_000;
const WAIT_MS = 500;
const RESTART_MS = 6_000;
const ANSWER_LIMIT_MS = 2_000;

interface Run {
  disp: boolean;
  drop: boolean;
  readonly leaseId: string;
  /** A record has named this very session as its owner while the container had it. */
  isOwned: boolean;
}

export class PushContainer {
  readonly id: string;
  readonly shards = new Map<string, Run>();
  process: SimProcess;
  /** Calls do not reach it. */
  isDeaf = false;
  /** Something listens, and answers no call. */
  hangs = false;
  /** Its heartbeats cannot be read. */
  isGarbled = false;
  private readonly world: PushWorld;
  private lease = '';
  private create = 0;
  private deadlineMs = Number.NEGATIVE_INFINITY;

  constructor(world: PushWorld, id: string) {
    this.world = world;
    this.id = id;
    this.process = this.newProcess();
    this.begin();
  }

  /** Of its session; '' while it has none. */
  get incarnation(): string {
    return this.create === 0 ? '' : proxyIncarnation(hexOf(this.lease), this.create);
  }

  /** By its own clock its lease lives, and it does not stand still. */
  get mayAct(): boolean {
    return this.process.alive && !this.process.paused && this.world.nowMs < this.deadlineMs;
  }

  get sessionKey(): string {
    return this.world.keys.pushSession(APP, this.id, hexOf(this.lease));
  }

  /** What it was running is gone; it starts again after a while, as a new process. */
  crash(afterMs: number): void {
    if (!this.process.alive) return;
    this.world.say('container', this.id, 'ends');
    this.process.kill();
    this.shards.clear();
    this.create = 0;
    this.world.sim.after(afterMs, () => {
      this.process = this.newProcess();
      this.begin();
    });
  }

  /** Body of add-shard or drop-shard; the HTTP status. */
  call(op: 'add' | 'drop', shard: string, leaseId: string): number {
    const {world} = this;
    world.say('container', this.id, op, shard);
    const run = this.shards.get(shard);
    if (op === 'drop') {
      if (run !== undefined && !run.drop) this.stop(shard, run);
      return 200;
    }
    if (run !== undefined) return 200;
    if (!world.isCalm && world.random.chance(0.05)) return 500;
    this.run(shard, leaseId);
    return 200;
  }

  private newProcess(): SimProcess {
    return new SimProcess(this.world.sim, this.world.newName(this.id), {rate: 1, offsetMs: 0});
  }

  private begin(): void {
    const {world, process} = this;
    this.lease = '';
    this.deadlineMs = Number.NEGATIVE_INFINITY;
    const prefix = world.keys.pushContainerPrefix(APP, this.id);
    this.ask(
      () => world.server.kv.list(prefix).map(({key}) => key.slice(prefix.length)),
      (stored) => {
        if (stored === undefined) return void process.after(WAIT_MS, () => this.begin());
        const leaseId = '7001';
        const sentMs = world.nowMs;
        this.ask(
          () => world.leases.grant(TTL_S),
          (lease) => {
            if (lease === undefined) return void process.after(WAIT_MS, () => this.begin());
            this.lease = lease;
            this.deadlineMs = sentMs + TTL_MS;
            world.say(
              'container',
              this.id,
              'has lease',
              hexOf(lease),
              'and keeps',
              stored.join(' '),
            );
            for (const shard of stored) this.run(shard, leaseId);
            this.renew();
            this.beat();
          },
        );
      },
    );
  }

  /** In a thread of its own, as the Go project does. */
  private renew(): void {
    const {world, process, lease} = this;
    const sentMs = world.nowMs;
    if (sentMs >= this.deadlineMs) return this.crash(world.random.between(100, RESTART_MS));
    this.ask(
      () => world.leases.renew(lease),
      (alive) => {
        if (alive === true) this.deadlineMs = sentMs + TTL_MS;
        else if (alive === false) this.crash(world.random.between(100, RESTART_MS));
      },
    );
    process.after(RENEW_MS, () => this.renew());
  }

  private beat(): void {
    const {world, process} = this;
    const key = this.sessionKey;
    this.ask(
      () => {
        const value = this.isFirst() ? this.listing() : '';
        if (!world.leases.put(this.lease, key, value)) return undefined;
        return {create: world.server.kv.get(key)?.create ?? 0, waits: value === ''};
      },
      (seen) => {
        if (seen !== undefined) this.create = seen.create;
        process.after(seen?.waits === true ? WAIT_MS : BEAT_MS, () => this.beat());
      },
    );
  }

  /** No older session has its id. */
  private isFirst(): boolean {
    const {world} = this;
    const mine = world.server.kv.get(this.sessionKey)?.create ?? Number.POSITIVE_INFINITY;
    const prefix = `${world.keys.pushSessionPrefix(APP)}${this.id}/`;
    return world.server.kv.list(prefix).every(({create}) => create >= mine);
  }

  private listing(): string {
    if (this.isGarbled) return '{';
    const shards = [...this.shards].map(([id, {disp, drop, leaseId}]) => {
      const lease = {id: Number(leaseId)};
      return {spec: {id, lease}, disp, drop};
    });
    return JSON.stringify({timestamp: 1, shards});
  }

  private run(shard: string, leaseId: string): void {
    const {world} = this;
    const run = {disp: false, drop: false, leaseId, isOwned: false};
    this.shards.set(shard, run);
    checkRuns(world, this, shard);
    this.keep(shard, JSON.stringify({spec: {id: shard}, disp: true, drop: false}));
    this.process.after(world.random.between(0, world.hookMs), () => {
      if (this.shards.get(shard) !== run || run.drop) return;
      run.disp = true;
      world.say('container', this.id, 'runs', shard);
      checkRuns(world, this, shard);
    });
  }

  private stop(shard: string, run: Run): void {
    run.drop = true;
    this.process.after(this.world.random.between(0, this.world.hookMs), () => {
      if (this.shards.get(shard) !== run) return;
      this.world.say('container', this.id, 'has stopped', shard);
      this.shards.delete(shard);
      this.keep(shard, undefined);
    });
  }

  /** Stores the shard, or forgets it, until that is done. */
  private keep(shard: string, value: string | undefined): void {
    const {world} = this;
    const key = world.keys.originShard(APP, this.id, shard);
    this.ask(
      () => {
        const isWanted = this.shards.has(shard);
        if (value === undefined && !isWanted) world.delete(key);
        if (value !== undefined && isWanted)
          world.server.operate({compares: [], then: [{op: 'put', key, value}]});
        return true;
      },
      (done) => {
        if (done === undefined) this.process.after(WAIT_MS, () => this.keep(shard, value));
      },
    );
  }

  /** One call to the store. `answered` with undefined: there was no answer. */
  private ask<T>(serve: () => T, answered: (reply: T | undefined) => void): void {
    const {world, process} = this;
    const {weather, sim} = world;
    const fate = weather.storeFate(process, () => 'call');
    let over = false;
    const once = (reply: T | undefined): void => {
      if (over) return;
      over = true;
      answered(reply);
    };
    process.after(ANSWER_LIMIT_MS, () => once(undefined));
    if (fate.lost || fate.refused) return;
    sim.after(fate.thereMs, () => {
      if (weather.requestsCut(process) || !process.alive) return;
      const reply = serve();
      if (!fate.answerLost) process.deliver(fate.backMs, () => once(reply));
    });
  }
}

function hexOf(lease: string): string {
  return Number(lease).toString(16);
}
