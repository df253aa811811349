/**
 * What containers have shown of themselves (protocol.md, "Joining containers"). One is proved once a shard has become ready there. Before that it gets no
 * running shard but one on trial. One whose adds fail is refusing: it gets a trial shard again and again, with back-off, until one becomes ready.
 */
import {backOff} from '../model/back-off.ts';
import type {Heartbeat} from '../model/container.ts';
import type {OwnershipRecord, RecordChange} from '../model/ownership.ts';
import type {RefusalCause} from '../model/status.ts';
import type {AppView} from '../appstate/app-view.ts';
import {UncleanEnds} from './unclean-ends.ts';
import {
  ENDS_TO_REFUSE,
  FAILURES_TO_REFUSE,
  TRIAL_WAIT_MAX_MS,
  TRIAL_WAIT_MIN_MS,
} from './limits.ts';

/** A shard on trial. */
export interface Trial {
  readonly container: string;
  readonly incarnation: string;
  readonly host: string;
  readonly sinceMs: number;
}

/** Why a container is refusing, in words too. */
interface Refusal {
  readonly cause: RefusalCause;
  readonly text: string;
}

interface Standing {
  /** When it was first seen to live, ms; undefined while only its records are known. */
  seenAtMs: number | undefined;
  /** A shard has become ready there since the last failure that made it refuse. */
  proved: boolean;
  /** Takes shards that run nowhere as if it were proved: when it joined there was nobody better. */
  admitted: boolean;
  /** Shards that failed there for the first time, since one became ready. */
  readonly failed: Set<string>;
  failedTrials: number;
  lastError: string;
  nextTrialMs: number;
  /** Unclean ends under its id or on its host; until when they keep it from a trial, ms. */
  ends: number;
  endsWaitMs: number;
}

export class ContainerTrust {
  /** By shard. */
  readonly trials = new Map<string, Trial>();
  /** The last trial of shards that nobody has served since, by shard; `sinceMs` is when it failed. */
  readonly unserved = new Map<string, Trial>();
  private readonly ends = new UncleanEnds();
  private readonly standings = new Map<string, Standing>();

  isProved(incarnation: string): boolean {
    return this.standings.get(incarnation)?.proved === true;
  }

  /** It is proved, or counts as that for shards that run nowhere. */
  isTrusted(incarnation: string): boolean {
    const standing = this.standings.get(incarnation);
    return standing !== undefined && (standing.proved || standing.admitted);
  }

  /** Why the container is refusing; undefined when it is not. */
  refusal(incarnation: string): Refusal | undefined {
    const standing = this.standings.get(incarnation);
    if (standing === undefined || standing.proved) return undefined;
    const {failedTrials, failed, ends, lastError} = standing;
    if (failedTrials > 0 || failed.size >= FAILURES_TO_REFUSE)
      return {cause: 'adds', text: `its last add: ${lastError}`};
    if (ends < ENDS_TO_REFUSE) return undefined;
    const text = `containers with its id or on its host ended ${ends} times within 10 minutes without leaving`;
    return {cause: 'ends', text};
  }

  isRefusing(incarnation: string): boolean {
    return this.refusal(incarnation) !== undefined;
  }

  /** The failure is the container's: another one need not wait before it tries the shard. */
  isToBlame({incarnation, failures}: OwnershipRecord): boolean {
    return failures === 1 && this.isRefusing(incarnation);
  }

  /** The shard is on trial at that incarnation. */
  isTrial(shard: string, incarnation: string): boolean {
    return this.trials.get(shard)?.incarnation === incarnation;
  }

  /** From when a trial may begin, ms. */
  nextTrialMs(incarnation: string): number {
    const {nextTrialMs = 0, endsWaitMs = 0} = this.standings.get(incarnation) ?? {};
    return Math.max(nextTrialMs, endsWaitMs);
  }

  /** Takes note of containers that have come to live and to hold their ids, and of how others like them have ended. */
  look({ids, heartbeats}: Pick<AppView, 'ids' | 'heartbeats'>, nowMs: number): void {
    for (const {incarnation} of ids.values()) {
      const heartbeat = heartbeats.get(incarnation)?.value;
      if (heartbeat === undefined || heartbeat.state === 'waiting') continue;
      if (!this.isProved(incarnation)) this.unproved(incarnation, heartbeat, nowMs);
      // It served before this governor looked: nobody here knows since when it has lived, and that is not held against it.
      else this.standingOf(incarnation).seenAtMs ??= Number.NEGATIVE_INFINITY;
    }
  }

  /** There is nobody better. */
  admit(incarnation: string): void {
    this.standingOf(incarnation).admitted = true;
  }

  /** For readers, who know a governor's word and no more: the container has proved itself, or refuses until nobody knows when. */
  assume(incarnation: string, what: 'proved' | 'refusing'): void {
    const standing = this.standingOf(incarnation);
    if (what === 'proved') standing.proved = true;
    else standing.nextTrialMs = Number.POSITIVE_INFINITY;
  }

  /** The heartbeat is gone; `last` is what it said. */
  ended(incarnation: string, last: Heartbeat, nowMs: number): void {
    const standing = this.standings.get(incarnation);
    this.standings.delete(incarnation);
    for (const [shard, trial] of this.trials)
      if (trial.incarnation === incarnation) this.leaveUnserved(shard, nowMs);
    if (standing?.seenAtMs === undefined || last.state !== 'ready') return;
    const {container, host} = last;
    const livedMs = nowMs - standing.seenAtMs;
    this.ends.note({container, host, hadProved: standing.proved, livedMs}, nowMs);
  }

  /** A record changed; true when that changes what a container may get. */
  note({shard, before, after}: RecordChange, nowMs: number): boolean {
    if (after?.state === 'owned' && after.ready) {
      const isServedAgain = this.unserved.delete(shard);
      const isNews = before?.ready !== true || before.incarnation !== after.incarnation;
      return (isNews && this.succeeded(shard, after.incarnation)) || isServedAgain;
    }
    if (after === undefined) this.unserved.delete(shard);
    if (before === undefined) return false;
    if (after?.state === 'free' && after.failures > before.failures)
      return this.failed(shard, after, nowMs);
    return this.abandoned(shard, before, after, nowMs);
  }

  private unproved(incarnation: string, {container, host}: Heartbeat, nowMs: number): void {
    const standing = this.standingOf(incarnation);
    const {count, lastMs} = this.ends.of(container, host, nowMs);
    standing.ends = count;
    standing.endsWaitMs = count === 0 ? 0 : lastMs + trialWaitMs(count);
    if (standing.seenAtMs !== undefined) return;
    standing.seenAtMs = nowMs;
    standing.admitted ||= count < ENDS_TO_REFUSE && this.ends.succeedsProved(container);
  }

  private succeeded(shard: string, incarnation: string): boolean {
    const standing = this.standingOf(incarnation);
    const wasProved = standing.proved;
    this.trials.delete(shard);
    standing.proved = true;
    standing.failed.clear();
    standing.failedTrials = 0;
    return !wasProved;
  }

  private failed(
    shard: string,
    {incarnation, failures, lastError}: OwnershipRecord,
    nowMs: number,
  ): boolean {
    const standing = this.standingOf(incarnation);
    standing.lastError = lastError;
    const onTrial = this.isTrial(shard, incarnation);
    // A shard that has failed before may fail everywhere.
    const counts = failures === 1 || standing.failedTrials > 0;
    if (onTrial) this.endTrial(shard, standing, counts, nowMs);
    else if (failures === 1) standing.failed.add(shard);
    if (standing.failed.size < FAILURES_TO_REFUSE) return onTrial;
    const isNews = standing.proved || standing.failed.size === FAILURES_TO_REFUSE;
    standing.proved = standing.admitted = false;
    if (isNews) standing.nextTrialMs = Math.max(standing.nextTrialMs, nowMs + TRIAL_WAIT_MIN_MS);
    return isNews || onTrial;
  }

  /** The trial came to nothing: somebody else has the shard, or it is gone. */
  private abandoned(
    shard: string,
    before: OwnershipRecord,
    after: OwnershipRecord | undefined,
    nowMs: number,
  ): boolean {
    const trial = this.trials.get(shard);
    if (trial === undefined || isOnWay(trial, before, after)) return false;
    const standing = this.standingOf(trial.incarnation);
    const unclaimed = before.state === 'assigned' && before.incarnation === trial.incarnation;
    if (unclaimed) standing.lastError = 'it did not claim the shard that it was given';
    this.endTrial(shard, standing, unclaimed, nowMs);
    if (after === undefined) this.unserved.delete(shard);
    return true;
  }

  private leaveUnserved(shard: string, nowMs: number): void {
    const trial = this.trials.get(shard);
    this.trials.delete(shard);
    if (trial !== undefined) this.unserved.set(shard, {...trial, sinceMs: nowMs});
  }

  private endTrial(shard: string, standing: Standing, counts: boolean, nowMs: number): void {
    this.leaveUnserved(shard, nowMs);
    if (counts) {
      standing.failedTrials += 1;
      standing.proved = standing.admitted = false;
    }
    standing.nextTrialMs = nowMs + trialWaitMs(standing.failedTrials);
  }

  private standingOf(incarnation: string): Standing {
    const known = this.standings.get(incarnation);
    if (known !== undefined) return known;
    const fresh: Standing = {
      ...{seenAtMs: undefined, proved: false, admitted: false, failed: new Set<string>()},
      ...{failedTrials: 0, lastError: '', nextTrialMs: 0, ends: 0, endsWaitMs: 0},
    };
    this.standings.set(incarnation, fresh);
    return fresh;
  }
}

/** Between its old container, nobody and the one that tries it. */
function isOnWay(
  {container, incarnation}: Trial,
  before: OwnershipRecord,
  after: OwnershipRecord | undefined,
): boolean {
  if (after === undefined) return false;
  if (after.state === 'assigned') return after.incarnation === incarnation;
  if (after.state === 'owned') return after.incarnation === incarnation || before.state === 'owned';
  return after.move === null ? before.incarnation !== incarnation : after.move.to === container;
}

function trialWaitMs(failed: number): number {
  return backOff(failed, TRIAL_WAIT_MIN_MS, TRIAL_WAIT_MAX_MS);
}
