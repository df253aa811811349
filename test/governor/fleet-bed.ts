/** The simulated fleet with shards by number, and how uneven its counts were. */
import type {AppSpec} from '../../src/model/specs.ts';
import {SimulatedFleet} from '../../src/simulator/simulated-fleet.ts';

export interface BedOptions {
  readonly shards: number;
  readonly addMs?: number;
  readonly dropMs?: number;
  readonly spec?: Partial<AppSpec>;
}

export class FleetBed extends SimulatedFleet {
  /** Highest of shards on one container to its even share, since `count` was called. */
  worst = 0;
  /** Containers that the app shall have. */
  desired = 0;

  constructor({shards, ...options}: BedOptions) {
    super(options);
    for (let at = 0; at < shards; at += 1) this.addShard(`s${at}`);
  }

  get movesPerShard(): number {
    let adds = 0;
    for (const count of this.figures.adds.values()) adds += count;
    return adds / this.shards;
  }

  get mostMoved(): number {
    return Math.max(0, ...this.figures.adds.values());
  }

  isGone(container: string): boolean {
    return ![...this.members.values()].some((one) => one.container === container);
  }

  /** Shards by container. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const {container, incarnation, state} of this.members.values())
      if (state !== 'dead') counts[container] = this.governor.view.shardsOf(incarnation).size;
    return counts;
  }

  /** Counting begins here. */
  count(): void {
    this.figures.adds.clear();
    this.worst = 0;
  }

  /** Goes on until the condition holds; the ms that took. */
  until(isMet: () => boolean, withinMs = 3_600_000): number {
    const startedMs = this.nowMs;
    while (!isMet()) {
      if (this.nowMs - startedMs > withinMs) throw new Error(`not within ${withinMs} ms`);
      this.step(Number.POSITIVE_INFINITY);
    }
    return this.nowMs - startedMs;
  }

  /** Until every shard is served and nothing is left to do. */
  rest(withinMs?: number): number {
    return this.until(() => this.served === this.shards && this.status?.settled === true, withinMs);
  }

  protected override step(limitMs: number): void {
    super.step(limitMs);
    const share = this.shards / Math.max(1, this.desired);
    for (const held of Object.values(this.counts)) this.worst = Math.max(this.worst, held / share);
  }
}
