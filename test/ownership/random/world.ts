/** Everything around one random session: time, chance, its store, its hooks, and what has happened so far. */
import type {SessionEnd} from '../../../src/ownership/session-actions.ts';
import {Random} from '../../simulation/random.ts';
import {SessionBed} from '../session-bed.ts';
import {Stored} from './stored.ts';
import {Timeline} from './timeline.ts';

export const SHARDS = ['s', 't'] as const;
/** Another container, which always lives. */
export const OTHER = 'other';
const STEPS_SHOWN = 80;

/** The newest `add` of a shard. `lapsed`: the right to act has ended while its `drop` ran. */
export interface Handle {
  readonly handle: number;
  hook: 'none' | 'adding' | 'added' | 'dropping';
  isRevoked: boolean;
  isLapsed: boolean;
}

export class World {
  readonly random: Random;
  readonly timeline = new Timeline();
  readonly bed: SessionBed;
  readonly stored: Stored;
  readonly handles = new Map<string, Handle>();
  readonly ends: SessionEnd[] = [];
  /** How it was asked to end. */
  readonly asked = new Set<'leave' | 'evict' | 'delete'>();
  /** Calls arrive and hooks return, soon. */
  isCalm = true;
  /** Most calls are lost until then. */
  awayUntilMs = 0;
  private readonly steps: (string | number)[][] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
    const chance = this.random.fork();
    this.bed = new SessionBed({
      random: () => chance.next(),
      readyAtClaim: this.random.chance(1 / 7),
      dropTimeoutMs: this.random.chance(1 / 3) ? 500 : 30_000,
    });
    this.stored = new Stored(() => this.bed.next());
  }

  get session(): SessionBed['session'] {
    return this.bed.session;
  }

  get nowMs(): number {
    return this.timeline.nowMs;
  }

  get ended(): boolean {
    return this.ends.length > 0;
  }

  /** By its clock the container may act. */
  get mayAct(): boolean {
    return this.nowMs < this.session.deadlineMs;
  }

  /** Never in calm. */
  mishap(probability: number): boolean {
    return !this.isCalm && this.random.chance(probability);
  }

  say(...step: (string | number)[]): void {
    this.steps.push([this.nowMs.toFixed(0), ...step]);
  }

  /** The newest steps, oldest first. */
  story(): string {
    return this.steps
      .slice(-STEPS_SHOWN)
      .map((step) => step.join(' '))
      .join('\n');
  }
}
