/**
 * How long shards stood still, from what their owners say: the time between two effects of a shard that have passed their guards. With a new
 * token in between it is a handover, by a move or after a fault; with the same token a stall of its owner. Time is an argument.
 */
import type {ChaosAction} from './events.ts';
import type {EffectPass} from './fleet.ts';
import {FAULT_BEFORE_MS, GAPS_KEPT, STANDING_MS} from './limits.ts';

/** Why a shard changed hands: a fault on purpose of its owner, or sm's own doing. */
export type HandoverCause = ChaosAction | 'other';

export interface Handover {
  readonly shard: string;
  readonly cause: HandoverCause;
  readonly gapMs: number;
}

export interface GapFigures {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface Fault {
  readonly action: ChaosAction;
  readonly atUs: number;
}

interface Gaps {
  readonly newest: number[];
  count: number;
  longestMs: number;
}

export class OwnershipMeter {
  private readonly last = new Map<string, EffectPass>();
  private readonly faults = new Map<string, Fault>();
  private readonly gaps = new Map<HandoverCause, Gaps>();
  private longestStallMs = 0;

  /** A fault on purpose begins. */
  fault(container: string, action: ChaosAction, atUs: number): void {
    this.faults.set(container, {action, atUs});
  }

  /** @returns the handover that this effect ends. One that comes late by its pipe ends nothing. */
  pass(pass: EffectPass): Handover | undefined {
    const before = this.last.get(pass.shard);
    if (before !== undefined && pass.atUs <= before.atUs) return undefined;
    this.last.set(pass.shard, pass);
    if (before === undefined) return undefined;
    const gapMs = (pass.atUs - before.atUs) / 1_000;
    if (before.token !== pass.token) return this.handedOver(before, pass, gapMs);
    this.longestStallMs = Math.max(this.longestStallMs, gapMs);
    return undefined;
  }

  /** How many of so many shards have no owner that acts. */
  standing(shards: number, nowUs: number): number {
    let acting = 0;
    for (const {atUs} of this.last.values()) if (nowUs - atUs < STANDING_MS * 1_000) acting += 1;
    return Math.max(0, shards - acting);
  }

  /** The longest time between two effects of one owner, ms. */
  get stallMs(): number {
    return Math.round(this.longestStallMs);
  }

  get handovers(): Partial<Record<HandoverCause, GapFigures>> {
    const figures: Partial<Record<HandoverCause, GapFigures>> = {};
    for (const [cause, {newest, count, longestMs}] of this.gaps) {
      const sorted = [...newest].sort((a, b) => a - b);
      const [medianMs, p99Ms] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
      figures[cause] = {count, medianMs, p99Ms, maxMs: Math.round(longestMs)};
    }
    return figures;
  }

  private handedOver(before: EffectPass, {shard, atUs}: EffectPass, gapMs: number): Handover {
    const fault = this.faults.get(before.container);
    const sinceUs = before.atUs - FAULT_BEFORE_MS * 1_000;
    const byFault = fault !== undefined && fault.atUs >= sinceUs && fault.atUs <= atUs;
    const cause = byFault ? fault.action : 'other';
    const gaps = this.gaps.get(cause) ?? {newest: [], count: 0, longestMs: 0};
    this.gaps.set(cause, gaps);
    gaps.newest.push(gapMs);
    if (gaps.newest.length > GAPS_KEPT) gaps.newest.shift();
    gaps.count += 1;
    gaps.longestMs = Math.max(gaps.longestMs, gapMs);
    return {shard, cause, gapMs};
  }
}

function quantile(sorted: readonly number[], part: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
}
