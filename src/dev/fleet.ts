/** The demo containers: processes that come and go, and what they say of their shards. */
import {performance} from 'node:perf_hooks';
import {ContainerChild, DEMO_CONTAINER} from './container-child.ts';
import type {Tell} from './events.ts';
import type {ContainerReport, JoinOrder} from './reports.ts';
import {OwnershipVerdict} from './verdict.ts';
import {Warden} from './warden.ts';

export interface FleetOptions {
  /** Shards there will be: when each has acted, `placed` is told. */
  readonly shards: number;
  readonly tell: Tell;
  /** Program of a container. Default: that of the demo. */
  readonly program?: string | undefined;
}

export class Fleet {
  readonly verdict = new OwnershipVerdict();
  private readonly options: FleetOptions;
  private readonly warden = new Warden();
  private readonly children = new Map<string, ContainerChild>();
  private readonly served = new Set<string>();
  private stopping = false;

  constructor(options: FleetOptions) {
    this.options = options;
  }

  /** Containers whose process lives, whether it moves or not. */
  get living(): readonly ContainerChild[] {
    return [...this.children.values()].filter((child) => child.alive);
  }

  /** Starts the process, which loads its program and waits. */
  prepare(id: string): ContainerChild {
    const child = new ContainerChild(
      id,
      this.options.program ?? DEMO_CONTAINER,
      (report) => this.heard(child, report),
      (how) => this.ended(child, how),
    );
    this.warden.watch(child.process);
    this.children.set(id, child);
    return child;
  }

  /** Starts the process and lets it join. */
  start(id: string, options: Omit<JoinOrder['options'], 'id'>): void {
    if (!this.stopping) this.prepare(id).join({...options, id});
  }

  joinAll(options: Omit<JoinOrder['options'], 'id'>): void {
    for (const child of this.living) child.join({...options, id: child.id});
  }

  /** Ends every process at once; what they hold is in memory that goes, too. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.living.map((child) => child.kill()));
    await this.warden.close();
  }

  private heard(child: ContainerChild, report: ContainerReport): void {
    if (report.type !== 'effects') return;
    const owner = `${child.id} (process ${child.pid})`;
    this.verdict.refused(report.refusals);
    for (const [shard, token, atUs] of report.passes) {
      const breach = this.verdict.pass(shard, token, owner, atUs);
      if (breach !== undefined) this.options.tell({event: 'twoOwners', breach});
      this.noteServed(shard);
    }
  }

  private noteServed(shard: string): void {
    const {shards, tell} = this.options;
    if (this.served.size >= shards || this.served.has(shard)) return;
    this.served.add(shard);
    const afterMs = Math.round(performance.now());
    if (this.served.size === 1) tell({event: 'firstPlaced', shard, afterMs});
    if (this.served.size < shards) return;
    const containers = this.living.map(({id, pid}) => ({id, pid}));
    tell({event: 'placed', shards, containers, afterMs});
  }

  private ended(child: ContainerChild, how: string): void {
    if (this.stopping || child.disturbed) return;
    this.options.tell({event: 'containerEnded', container: child.id, how});
  }
}
