/** Kills, pauses and drains containers of one's own at random, never so many at once that none is left in peace. */
import {pause} from '../runtime/pause.ts';
import type {AdminClient} from '../admin/admin-client.ts';
import {isRetryable} from '../cli/retryable.ts';
import type {ContainerChild} from './container-child.ts';
import type {ChaosAction, Emit} from './events.ts';
import type {Fleet} from './fleet.ts';
import {
  CHAOS_EVERY_MAX_MS,
  CHAOS_EVERY_MIN_MS,
  CHAOS_PAUSE_MAX_FACTOR,
  CHAOS_PAUSE_MIN_FACTOR,
  CHAOS_RESTART_MAX_MS,
  CHAOS_RESTART_MIN_MS,
  DRAIN_LIMIT_MS,
  DRAIN_LOOK_MS,
  RETRY_MS,
  VERDICT_EVERY_MS,
} from './limits.ts';

const CHAOS_ACTIONS: readonly ChaosAction[] = ['kill', 'pause', 'drain'];

/** What is disturbed, and by what. */
export interface ChaosBed {
  readonly fleet: Fleet;
  readonly admin: AdminClient;
  readonly app: string;
  /** T of the containers. */
  readonly ttlMs: number;
}

export class Chaos {
  private readonly bed: ChaosBed;
  private readonly actions: readonly ChaosAction[];
  private readonly emit: Emit;
  private readonly running: Promise<void>;
  private readonly ticking: NodeJS.Timeout;
  private readonly stopped = new AbortController();
  private readonly works = new Set<Promise<void>>();

  constructor(bed: ChaosBed, emit: Emit, actions: readonly ChaosAction[] = CHAOS_ACTIONS) {
    this.bed = bed;
    this.actions = actions;
    this.emit = emit;
    this.running = this.run();
    this.ticking = setInterval(() => this.say(), VERDICT_EVERY_MS);
  }

  /** Leaves the containers as they are, stopped ones too. */
  async stop(): Promise<void> {
    this.stopped.abort();
    clearInterval(this.ticking);
    await Promise.all([this.running, ...this.works]);
  }

  private say(): void {
    this.emit({event: 'verdict', verdict: this.bed.fleet.verdict.summary});
  }

  private async run(): Promise<void> {
    const {actions} = this;
    for (let round = Math.floor(Math.random() * actions.length); ; round += 1) {
      await this.pause(between(CHAOS_EVERY_MIN_MS, CHAOS_EVERY_MAX_MS));
      if (this.stopped.signal.aborted) return;
      const victim = this.pick();
      const action = actions[round % actions.length];
      if (victim === undefined || action === undefined) continue;
      const work = this.disturb(victim, action).finally(() => this.works.delete(work));
      this.works.add(work);
    }
  }

  /** At most half of them are disturbed at once. */
  private pick(): ContainerChild | undefined {
    const {living} = this.bed.fleet;
    const calm = living.filter((child) => !child.disturbed);
    if (this.works.size >= Math.max(1, Math.floor(living.length / 2))) return undefined;
    return calm[Math.floor(Math.random() * calm.length)];
  }

  private async disturb(victim: ContainerChild, action: ChaosAction): Promise<void> {
    const container = victim.id;
    victim.disturbed = true;
    if (action === 'kill') await this.kill(victim);
    else if (action === 'pause')
      await this.stopFor(
        victim,
        Math.round(this.bed.ttlMs * between(CHAOS_PAUSE_MIN_FACTOR, CHAOS_PAUSE_MAX_FACTOR)),
      );
    else await this.drain(victim);
    victim.disturbed = false;
    // Stopped for longer than it may live, a process may have been ended by its own watchdog.
    if (action !== 'kill' && !victim.alive) this.bed.fleet.start(victim.id);
    if (!this.stopped.signal.aborted) this.emit({event: 'chaosOver', action, container});
  }

  private async kill(victim: ContainerChild): Promise<void> {
    this.emit({event: 'chaos', action: 'kill', container: victim.id});
    await victim.kill();
    await this.pause(between(CHAOS_RESTART_MIN_MS, CHAOS_RESTART_MAX_MS));
    if (!this.stopped.signal.aborted) this.bed.fleet.start(victim.id);
  }

  private async stopFor(victim: ContainerChild, forMs: number): Promise<void> {
    const {ttlMs} = this.bed;
    this.emit({event: 'chaos', action: 'pause', container: victim.id, forMs, ttlMs});
    victim.signal('SIGSTOP');
    await this.pause(forMs);
    victim.signal('SIGCONT');
  }

  /** The order is taken back when the container is empty, or will not be. */
  private async drain(victim: ContainerChild): Promise<void> {
    const {admin, app} = this.bed;
    const target = {service: app, container: victim.id};
    this.emit({event: 'chaos', action: 'drain', container: victim.id});
    try {
      await admin.call('drain', {...target, reason: 'chaos'});
      const endMs = performance.now() + DRAIN_LIMIT_MS;
      const goal = {service: app, kind: 'container', id: victim.id, for: 'drained'} as const;
      const {signal} = this.stopped;
      while (!signal.aborted && performance.now() < endMs) {
        if ((await admin.call('waitCheck', goal, signal)).met) break;
        await this.pause(DRAIN_LOOK_MS);
      }
    } catch {
      // No answer says nothing of the order: it may stand.
    }
    await this.takeBack(target);
  }

  /** A daemon that is away may be back later: a container that stays drained takes no shards until its process ends. */
  private async takeBack(target: {service: string; container: string}): Promise<void> {
    for (;;) {
      try {
        await this.bed.admin.call('uncordon', target);
        return;
      } catch (error) {
        // The container went away meanwhile, by a kill of somebody else's: there is nothing to take back.
        if (!isRetryable(error) || this.stopped.signal.aborted) return;
        await this.pause(RETRY_MS);
      }
    }
  }

  /** Cut short when chaos ends. */
  private pause(ms: number): Promise<void> {
    return pause(ms, this.stopped.signal);
  }
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}
