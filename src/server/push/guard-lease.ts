/**
 * The guard lease of an app (push-containers.md, "Guard lease"): push containers refuse every shard that does not carry its id, and stop all
 * shards when it ends. So it is made once and kept alive for ever. Where it is lost, or is one of the Go project that lives for seconds, a new
 * one takes its place by the steps that containers follow (`guard-handover.ts`).
 */
import type {Leases} from '../../etcd/leases.ts';
import type {RaisedAlarm} from '../../model/alarm.ts';
import {UNSET_GUARD, decodeGuardLease, encodeGuardLease} from '../../protocol/push.ts';
import type {Timer} from '../../runtime/clock.ts';
import {liveSpecMod, specUnchanged} from '../../store/app-spec-guard.ts';
import {absent} from '../../store/compares.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import type {Compare} from '../../store/port.ts';
import {clearHandover, guardState, replaceGuard} from './guard-handover.ts';
import type {GuardState} from './guard-handover.ts';
import {
  CHECK_INTERVAL_MS,
  GUARD_TTL_S,
  LOSS_SHOWN_MS,
  RETRY_MS,
  WATCHED_CHECK_INTERVAL_MS,
} from './limits.ts';

type GuardDependencies = Pick<GovernedApp, 'app' | 'keys' | 'store' | 'leases'>;

/**
 * Writes the guard of an app that has none; several may try at once, one wins and the others end their leases. Resolves with the id of the guard's
 * lease; undefined where there is no app, or the guard cannot be read.
 * @throws SmError STORE_UNAVAILABLE, STORE_AUTH.
 */
export async function ensureGuard(dependencies: GuardDependencies): Promise<string | undefined> {
  const {app, keys, store, leases} = dependencies;
  const key = keys.leaseGuard(app);
  const {entry} = await store.get(key);
  if (entry !== undefined) return decodeGuardLease(entry.value);
  const specMod = liveSpecMod((await store.get(keys.appSpec(app))).entry);
  if (specMod === undefined) return undefined;
  const leaseId = await leases.grant(GUARD_TTL_S);
  const outcome = await store.transact({
    compares: [absent(key), specUnchanged(keys, app, specMod)],
    then: [{op: 'put', key, value: encodeGuardLease(leaseId)}],
  });
  if (outcome.kind === 'committed') return leaseId;
  const found = await store.get(key);
  // After an unknown outcome ours may still arrive: an unused lease is better than a guard without one.
  if (outcome.kind === 'refused') await leases.revoke(leaseId);
  return found.entry && decodeGuardLease(found.entry.value);
}

/** Ends the guard's lease for good: the app is being removed. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function revokeGuard(leases: Leases, value: string): Promise<void> {
  const leaseId = decodeGuardLease(value);
  if (leaseId !== undefined) await leases.revoke(leaseId);
}

export interface LeaseRenewerOptions extends Pick<
  GovernedApp,
  keyof GuardDependencies | 'clock' | 'logger'
> {
  /** That this daemon still governs: holds for each write that replaces a guard. */
  readonly proofs: readonly Compare[];
  /** Whether any container is there that follows the guard. */
  readonly isWatched: () => boolean;
  /** Guard lease that containers run their shards under, decimal digits; undefined where none runs a shard. */
  readonly leaseInUse: () => string | undefined;
  /** Default: 20 s with push containers, else 10 minutes. */
  readonly checkEveryMs?: number;
}

/** Keeps the guard lease of one app alive and knows its id. */
export class LeaseRenewer {
  private readonly options: LeaseRenewerOptions;
  private current: string | undefined;
  private problem: RaisedAlarm | undefined;
  /** The newest loss, which a new guard has repaired. */
  private repaired: {readonly alarm: RaisedAlarm; readonly untilMs: number} | undefined;
  private timer: Timer | undefined;
  /** When it was looked at last, without a failure. */
  private checkedAtMs = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(options: LeaseRenewerOptions) {
    this.options = options;
  }

  /** Decimal digits; undefined while unknown, and while it is lost: no shard may be given to a push container. */
  get leaseId(): string | undefined {
    return this.problem === undefined ? this.current : undefined;
  }

  get alarm(): RaisedAlarm | undefined {
    if (this.problem !== undefined || this.repaired === undefined) return this.problem;
    return this.options.clock.nowMs() < this.repaired.untilMs ? this.repaired.alarm : undefined;
  }

  start(): void {
    void this.round();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private async round(): Promise<void> {
    const {clock, logger, checkEveryMs = WATCHED_CHECK_INTERVAL_MS} = this.options;
    let againMs = checkEveryMs;
    try {
      if (this.isDue) {
        await this.check();
        this.checkedAtMs = clock.nowMs();
      }
    } catch (error) {
      againMs = RETRY_MS;
      logger.debug({error: String(error)}, 'guard lease could not be checked: trying again');
    }
    if (!this.stopped) this.timer = clock.after(againMs, () => void this.round());
  }

  /** Decided at each turn, for the first container may come at any time: a long timer that was set before would outlast it. */
  private get isDue(): boolean {
    const {clock, checkEveryMs, isWatched} = this.options;
    return (
      checkEveryMs !== undefined ||
      isWatched() ||
      clock.nowMs() - this.checkedAtMs >= CHECK_INTERVAL_MS
    );
  }

  private async check(): Promise<void> {
    const state = await guardState(this.options);
    // Only where it is not known here: sessions say it, and there may be many.
    const inUse = this.current === undefined ? this.options.leaseInUse() : undefined;
    if (state.kind === 'absent' && this.current === undefined && inUse === undefined)
      return this.create();
    if (state.kind === 'short') return this.replace(state.leaseId);
    if (state.kind === 'unset') return this.replace(this.current ?? inUse ?? UNSET_GUARD);
    const loss = this.lossOf(state);
    if (loss !== undefined) return this.lost(loss, this.current ?? inUse ?? leaseOf(state));
    if (state.kind === 'good') await this.renew(state.leaseId);
  }

  private async create(): Promise<void> {
    const leaseId = await ensureGuard(this.options);
    if (leaseId !== undefined) this.note(leaseId);
  }

  /** What has happened to the guard that containers know; undefined where it is as it should be. */
  private lossOf(state: GuardState): string | undefined {
    if (state.kind === 'absent' || state.kind === 'unreadable')
      return `key lease/guard is ${state.kind}`;
    if (state.kind === 'ended') return `lease ${state.leaseId} has ended`;
    if (this.current === undefined || state.kind !== 'good' || state.leaseId === this.current)
      return undefined;
    return 'key lease/guard names another lease';
  }

  private async renew(leaseId: string): Promise<void> {
    const alive = await this.options.leases.keepAliveOnce(leaseId);
    if (!alive) return this.lost(`lease ${leaseId} has ended`, leaseId);
    this.note(leaseId);
    // A handover that was cut off, or the late note of a container: whoever starts beside it refuses every shard.
    await clearHandover(this.options);
  }

  private async lost(what: string, before: string): Promise<void> {
    const text = `guard lease of push containers lost: ${what}; they stop or refuse shards until a new one has taken its place`;
    if (this.problem?.text !== text) this.options.logger.error({}, text);
    if (this.stopped) return;
    this.problem = {code: 'PUSH_GUARD_LOST', text};
    await this.replace(before);
    const {clock} = this.options;
    const repaired = `guard lease of push containers was lost: ${what}; a new one has taken its place`;
    this.repaired = {
      alarm: {code: 'PUSH_GUARD_LOST', text: repaired},
      untilMs: clock.nowMs() + LOSS_SHOWN_MS,
    };
  }

  /** While it is under way no shard is given to anybody. */
  private async replace(before: string): Promise<void> {
    const {logger} = this.options;
    if (this.stopped) return;
    logger.warn({before}, 'replacing the guard lease of push containers: shards keep running');
    this.current = undefined;
    const leaseId = await replaceGuard(this.options, before);
    logger.warn({before, leaseId}, 'the guard lease of push containers has been replaced');
    this.note(leaseId);
  }

  private note(leaseId: string): void {
    if (this.stopped) return;
    this.current = leaseId;
    this.problem = undefined;
  }
}

function leaseOf(state: GuardState): string {
  return 'leaseId' in state ? state.leaseId : UNSET_GUARD;
}
