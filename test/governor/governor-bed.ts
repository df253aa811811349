/** A governor alone: time is a number, the store commits what the test lets it commit, containers claim when the test says so. */
import type {GovernorAction} from '../../src/governor/actions.ts';
import {Governor} from '../../src/governor/governor.ts';
import type {AppChange} from '../../src/model/change.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {ShardSpec} from '../../src/model/specs.ts';
import {claim, free, markReady} from '../../src/ownership/transitions.ts';
import {plan} from '../../src/planner/index.ts';

const TTL_MS = 10_000;
const EPOCH = 1;

export class GovernorBed {
  nowMs = 1_000_000;
  /** Hints sent so far. */
  hints = 0;
  /** What the governor wrote, newest last. */
  readonly writes: Extract<GovernorAction, {type: 'write'}>[] = [];
  readonly governor: Governor;
  private revision = 100;
  private moves = 0;

  constructor(shards: readonly string[], {listed = true} = {}) {
    const nextMoveId = (): string => `m${(this.moves += 1)}`;
    const options = {app: 'app', governor: 'd1', epoch: EPOCH, plan, nextMoveId};
    this.governor = new Governor(options, this.nowMs);
    const spec = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 0};
    const mod = this.next();
    const change = {kind: 'spec', mod, entry: {value: spec, mod, create: mod}} as const;
    if (listed) this.governor.relisted([change], mod, this.nowMs);
    else this.governor.changed(change, this.nowMs);
    for (const shard of shards) this.addShard(shard);
  }

  get own(): ReadonlyMap<string, {value: OwnershipRecord; mod: number}> {
    return this.governor.view.own;
  }

  /** Adds the shard, or changes it. */
  addShard(shard: string, fields: Partial<ShardSpec> = {}): void {
    const mod = this.next();
    const value = {
      ...{id: shard, service: 'app', task: '', updateTime: 1},
      ...{manualContainerId: '', group: '', workerGroup: ''},
      ...fields,
    };
    const create = this.governor.view.shards.get(shard)?.create ?? mod;
    this.governor.changed({kind: 'shard', mod, shard, entry: {value, mod, create}}, this.nowMs);
  }

  removeShard(shard: string): void {
    this.governor.changed({kind: 'shard', mod: this.next(), shard, entry: undefined}, this.nowMs);
  }

  drain(container: string): void {
    const mod = this.next();
    const value = {
      ...({order: 'drain', reason: '', by: '', at: '', incarnation: '', keep: false} as const),
    };
    this.governor.changed(
      {kind: 'order', mod, container, entry: {value, mod, create: mod}},
      this.nowMs,
    );
  }

  /** The container's heartbeat and id are gone. */
  end(container: string): void {
    const incarnation = `${container}-inc`;
    const gone = {mod: this.next(), entry: undefined};
    this.governor.changed({kind: 'heartbeat', incarnation, ...gone}, this.nowMs);
    this.governor.changed(
      {kind: 'id', mod: this.next(), container, incarnation: undefined},
      this.nowMs,
    );
  }

  join(container: string): void {
    const incarnation = `${container}-inc`;
    const mod = this.next();
    const value: Heartbeat = {
      ...{v: 1, container, ttlMs: TTL_MS, endpoint: `${container}:1`, host: container, pid: 1},
      ...{
        bootId: '',
        zone: '',
        labels: {},
        version: '',
        sdk: '',
        seq: mod,
        nonce: '',
        state: 'ready',
      },
    };
    const entry = {value, mod, create: mod};
    this.governor.changed({kind: 'heartbeat', mod, incarnation, entry}, this.nowMs);
    this.governor.changed({kind: 'id', mod, container, incarnation}, this.nowMs);
  }

  /** Goes on by so many ms and takes the governor's next turn; every write commits unless `refuses` says no. */
  turn(afterMs = 1, refuses: (shard: string) => boolean = () => false): void {
    this.nowMs += afterMs;
    this.governor.probeCommitted(this.nowMs);
    for (const action of this.governor.advance(this.nowMs, this.nowMs)) {
      if (action.type === 'hints') this.hints += action.items.length;
      if (action.type !== 'write') continue;
      this.writes.push(action);
      const {shard} = action.transition;
      const answer = refuses(shard)
        ? ({kind: 'refused', own: this.rewritten(shard)} as const)
        : ({kind: 'committed', revision: this.next()} as const);
      this.governor.answered(shard, action.op, answer, this.nowMs);
    }
  }

  /** The record as its container has written it once more; absent when there was none. */
  private rewritten(shard: string): AppChange {
    const mod = this.next();
    const known = this.own.get(shard);
    const entry = known === undefined ? undefined : {value: known.value, mod, create: mod};
    return {kind: 'own', mod, shard, entry};
  }

  /** Takes turns until the governor wants to sleep for longer than a moment. */
  settle(): void {
    for (let turns = 0; turns < 10_000; turns += 1) {
      this.turn();
      const waitMs = this.governor.wakeAtMs(this.nowMs) - this.nowMs;
      if (waitMs > 5) return;
    }
    throw new Error('the governor never rests');
  }

  /** Shards that are assigned to the container and not claimed. */
  unclaimed(container: string): string[] {
    return [...this.own]
      .filter(([, {value}]) => value.state === 'assigned' && value.container === container)
      .map(([shard]) => shard);
  }

  /** The container claims the shards and, unless told otherwise, makes them ready. */
  claim(shards: readonly string[], {ready} = {ready: true}): void {
    for (const shard of shards) {
      const known = this.governor.view.own.get(shard);
      if (known === undefined) throw new Error(`${shard} has no record`);
      const {container, incarnation} = known.value;
      const create = this.governor.view.heartbeats.get(incarnation)?.create ?? 0;
      const me = {container, incarnation, create};
      const claimed = this.commit(shard, claim(shard, known, me, 0, false).record);
      if (ready) this.commit(shard, markReady(shard, claimed, me, EPOCH).record);
    }
  }

  /** The containers let go of the shards. */
  free(shards: readonly string[]): void {
    for (const shard of shards)
      this.commit(shard, free(shard, this.governor.view.own.get(shard), undefined).record);
  }

  private commit(
    shard: string,
    value: OwnershipRecord | null,
  ): {value: OwnershipRecord; mod: number; create: number} {
    if (value === null) throw new Error('a deletion is no claim');
    const mod = this.next();
    const entry = {value, mod, create: this.governor.view.own.get(shard)?.create ?? mod};
    this.governor.changed({kind: 'own', mod, shard, entry}, this.nowMs);
    return entry;
  }

  private next(): number {
    this.revision += 1;
    return this.revision;
  }
}
