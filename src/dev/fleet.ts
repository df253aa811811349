/** The demo containers: processes that come and go, and what they say of their shards. */
import {performance} from 'node:perf_hooks';
import {ContainerChild, DEMO_CONTAINER} from './container-child.ts';
import type {ProcessEnd} from './container-child.ts';
import type {Emit} from './events.ts';
import type {ContainerReport, JoinOrder} from './reports.ts';
import {gate} from '../runtime/gate.ts';
import {pause} from '../runtime/pause.ts';
import {OwnershipVerdict} from './verdict.ts';
import {OrphanReaper} from './orphan-reaper.ts';
import {RESTART_MS} from './limits.ts';

/** What a container joins with, but for its name. */
type Joining = Omit<JoinOrder['options'], 'id'>;

export interface FleetOptions {
  /** Shards there will be: when each has acted, `placed` is called. */
  readonly shards: number;
  readonly emit: Emit;
  /** Program of a container. Default: that of the demo. */
  readonly program?: string | undefined;
  /** Hears each effect that has passed its guard; `atUs` is the machine's monotonic clock. */
  readonly onPass?: (pass: EffectPass) => void;
}

export interface EffectPass {
  readonly shard: string;
  readonly token: string;
  readonly container: string;
  readonly atUs: number;
}

export class Fleet {
  private readonly allServed = gate();
  /** Resolves once each shard has acted. */
  readonly placed = this.allServed.promise;
  readonly verdict = new OwnershipVerdict();
  private readonly options: FleetOptions;
  private readonly reaper = new OrphanReaper();
  private readonly children = new Map<string, ContainerChild>();
  private readonly served = new Set<string>();
  /** Why a container said that it ends. */
  private readonly reasons = new Map<ContainerChild, {code: string; why: string}>();
  private readonly restarts = new Set<NodeJS.Timeout>();
  private joining: Joining | undefined;
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
      (end) => this.ended(child, end),
    );
    this.reaper.watch(child.process);
    this.children.set(id, child);
    return child;
  }

  /** Starts the process and lets it join. */
  start(id: string): void {
    if (!this.stopping && this.joining !== undefined) this.prepare(id).join({...this.joining, id});
  }

  /** Lets all join that are there, and with the same options those that are started later. */
  joinAll(options: Joining): void {
    this.joining = options;
    for (const child of this.living) child.join({...options, id: child.id});
  }

  /** Lets every container leave in order, then ends what is left after `limitMs`. */
  async leave(limitMs: number): Promise<void> {
    this.stopping = true;
    const {living} = this;
    for (const child of living) child.leave();
    const limit = new AbortController();
    const gone = Promise.all(living.map((child) => child.gone)).finally(() => limit.abort());
    await Promise.race([gone, pause(limitMs, limit.signal)]);
    await this.stop();
  }

  /** Ends every process at once; what they hold is in memory that goes, too. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const timer of this.restarts) clearTimeout(timer);
    await Promise.all(this.living.map((child) => child.kill()));
    await this.reaper.close();
  }

  private heard(child: ContainerChild, report: ContainerReport): void {
    if (report.type === 'ended') this.reasons.set(child, report);
    if (report.type !== 'effects') return;
    const owner = `${child.id} (process ${child.pid})`;
    this.verdict.refused(report.refusals);
    for (const [shard, token, atUs] of report.passes) {
      const breach = this.verdict.pass(shard, token, owner, atUs);
      if (breach !== undefined) this.options.emit({event: 'twoOwners', breach});
      this.options.onPass?.({shard, token, container: child.id, atUs});
      this.noteServed(shard);
    }
  }

  private noteServed(shard: string): void {
    const {shards, emit} = this.options;
    if (this.served.size >= shards || this.served.has(shard)) return;
    this.served.add(shard);
    const afterMs = Math.round(performance.now());
    if (this.served.size === 1) emit({event: 'firstPlaced', shard, afterMs});
    if (this.served.size < shards) return;
    const containers = this.living.map(({id, pid}) => ({id, pid}));
    emit({event: 'placed', shards, containers, afterMs});
    this.allServed.resolve();
  }

  /** One that is killed stays away: that is what its killer wants to see. One that gives up, as on a starved machine, tries again. */
  private ended(child: ContainerChild, end: ProcessEnd): void {
    const {code, why} = this.reasons.get(child) ?? {code: '', why: ''};
    this.reasons.delete(child);
    if (this.stopping || child.disturbed) return;
    const again = end.signal === null;
    const how = code === '' ? String(end.signal ?? end.code) : code;
    this.options.emit({event: 'containerEnded', container: child.id, how, why, again});
    if (!again) return;
    const timer = setTimeout(() => {
      this.restarts.delete(timer);
      this.start(child.id);
    }, RESTART_MS);
    this.restarts.add(timer);
  }
}
