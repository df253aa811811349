/** The last plan by shard id, and when to make the next one. */
import type {MoveCause, PlacementReason, PlacementSnapshot, Plan} from '../model/placement.ts';
import type {LivingContainer} from './containers.ts';
import type {Destination} from './reconcile.ts';
import {LONGEST_BEFORE_FIRST_MS, QUIET_BEFORE_FIRST_MS, SHARDS_PER_PAUSE_MS} from './limits.ts';

/** A planned move that has not begun. */
export interface QueuedMove {
  readonly shard: string;
  readonly from: string;
  readonly to: string;
  readonly cause: MoveCause;
}

export class PlanCache {
  dirty = true;
  readonly unplaced = new Map<string, PlacementReason>();
  readonly stranded = new Map<string, PlacementReason>();
  private readonly mustDrop = new Set<string>();
  private moves: readonly QueuedMove[] = [];
  private queuedShards: Set<string> | undefined;
  private targets = new Map<string, string>();
  private plannedCounts: Map<string, number> | undefined;
  private nextAtMs = Number.NEGATIVE_INFINITY;
  private heldUntilMs = Number.NEGATIVE_INFINITY;
  private settleFromMs: number;
  private lastJoinMs: number;
  private settling = true;
  private areAllProved = false;

  constructor(nowMs: number) {
    this.settleFromMs = nowMs;
    this.lastJoinMs = nowMs;
  }

  /** Moves that have not begun, in the order of the plan. */
  get queue(): readonly QueuedMove[] {
    return this.moves;
  }

  set queue(moves: readonly QueuedMove[]) {
    this.moves = moves;
    this.queuedShards = undefined;
  }

  /** Moves leave the queue that `isOver` says have begun, or have no object any more. */
  takeOut(isOver: (move: QueuedMove) => boolean): void {
    if (this.moves.length > 0) this.queue = this.moves.filter((move) => !isOver(move));
  }

  /** Every shard has its container, and all containers are open and have proved themselves: nothing waits for room, proof or somebody's return. */
  isComplete(living: ReadonlyMap<string, Pick<LivingContainer, 'mode'>>): boolean {
    if (this.unplaced.size > 0 || this.stranded.size > 0 || !this.areAllProved) return false;
    return [...living.values()].every(({mode}) => mode === 'open');
  }

  isQueued(shard: string): boolean {
    this.queuedShards ??= new Set(this.moves.map((move) => move.shard));
    return this.queuedShards.has(shard);
  }

  /** A container joined. `first`: into an empty app. */
  joined(first: boolean, nowMs: number): void {
    this.lastJoinMs = nowMs;
    if (!first || this.settling) return;
    this.settling = true;
    this.settleFromMs = nowMs;
  }

  /** A container is gone whose successor waits for its id: no plan until it has it, or has had the time to. */
  awaitSuccessor(ttlMs: number, nowMs: number): void {
    if (ttlMs === 0) return;
    const waitMs = Math.min(LONGEST_BEFORE_FIRST_MS, ttlMs / 10 + QUIET_BEFORE_FIRST_MS);
    this.heldUntilMs = nowMs + waitMs;
  }

  /** Nobody is waited for any more. */
  release(): void {
    this.heldUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** The moment from which a plan may be made; Infinity when none is wanted. */
  wakeAtMs(): number {
    if (!this.dirty) return Number.POSITIVE_INFINITY;
    const nextAtMs = Math.max(this.nextAtMs, this.heldUntilMs);
    if (!this.settling) return nextAtMs;
    const quietAtMs = Math.min(
      this.lastJoinMs + QUIET_BEFORE_FIRST_MS,
      this.settleFromMs + LONGEST_BEFORE_FIRST_MS,
    );
    return Math.max(nextAtMs, quietAtMs);
  }

  /** Takes the plan made for the snapshot; returns the shards whose destination changed. */
  adopt(snapshot: PlacementSnapshot, plan: Plan, nowMs: number): string[] {
    this.dirty = false;
    this.settling = false;
    this.areAllProved = snapshot.containers.every(({unproved}) => unproved === undefined);
    this.nextAtMs = nowMs + snapshot.shards.length / SHARDS_PER_PAUSE_MS;
    const changed = this.adoptTargets(snapshot, plan);
    this.adoptReasons(snapshot, plan, changed);
    this.queue = plan.moves.map(({shard, from, to, cause}) => ({
      shard: snapshot.shards[shard]?.id ?? '',
      from: snapshot.containers[from]?.id ?? '',
      to: snapshot.containers[to]?.id ?? '',
      cause,
    }));
    return [...changed];
  }

  /** Shards that the last plan gives the container. */
  plannedCount(container: string): number {
    this.plannedCounts ??= countedBy(this.targets.values());
    return this.plannedCounts.get(container) ?? 0;
  }

  /** Where the shard belongs; undefined while no plan has covered it. */
  destination(shard: string): Destination | undefined {
    const target = this.targets.get(shard);
    if (target === undefined) return undefined;
    const reason = this.unplaced.get(shard);
    return {
      target,
      mustDrop: this.mustDrop.has(shard),
      stranded: this.stranded.has(shard),
      isShutOut: reason === 'nothing-accepts' || reason === 'pin-takes-nothing-new',
    };
  }

  private adoptTargets(snapshot: PlacementSnapshot, plan: Plan): Set<string> {
    const changed = new Set<string>();
    const targets = new Map<string, string>();
    for (const [index, {id}] of snapshot.shards.entries()) {
      const target = snapshot.containers[plan.target[index] ?? -1]?.id ?? '';
      targets.set(id, target);
      if (this.targets.get(id) !== target) changed.add(id);
    }
    this.targets = targets;
    this.plannedCounts = undefined;
    return changed;
  }

  private adoptReasons(snapshot: PlacementSnapshot, plan: Plan, changed: Set<string>): void {
    this.unplaced.clear();
    this.stranded.clear();
    this.mustDrop.clear();
    for (const {shard, reason, mustDrop} of plan.unplaced) {
      const id = snapshot.shards[shard]?.id ?? '';
      this.unplaced.set(id, reason);
      if (mustDrop) this.mustDrop.add(id);
      changed.add(id);
    }
    for (const {shard, reason} of plan.stranded) {
      const id = snapshot.shards[shard]?.id ?? '';
      this.stranded.set(id, reason);
      changed.add(id);
    }
  }
}

function countedBy(containers: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const container of containers) counts.set(container, (counts.get(container) ?? 0) + 1);
  return counts;
}
