/**
 * The guard lease of an app (push-containers.md, "Guard lease"): push containers refuse every shard that does not carry its id, and stop all
 * shards when it ends. So it is made once, kept alive for ever and never replaced: its loss is an operator's matter.
 */
import type {Keys} from '../../etcd/keys.ts';
import type {Leases} from '../../etcd/leases.ts';
import type {PushAlarm} from '../../ownership/push-session.ts';
import {decodeGuardLease, encodeGuardLease} from '../../protocol/push.ts';
import type {Clock, Timer} from '../../runtime/clock.ts';
import type {Logger} from '../../runtime/logger.ts';
import {liveSpecMod, specUnchanged} from '../../store/app-spec-guard.ts';
import type {Store} from '../../store/port.ts';
import {CHECK_INTERVAL_MS, GUARD_TTL_S, RETRY_MS} from './limits.ts';

export interface GuardDependencies {
  readonly app: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly leases: Leases;
}

export type GuardKey =
  | {readonly kind: 'present'; readonly leaseId: string}
  | {readonly kind: 'absent'}
  | {readonly kind: 'unreadable'};

/** @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function readGuard({app, keys, store}: GuardDependencies): Promise<GuardKey> {
  const {entry} = await store.get(keys.leaseGuard(app));
  if (entry === undefined) return {kind: 'absent'};
  const leaseId = decodeGuardLease(entry.value);
  return leaseId === undefined ? {kind: 'unreadable'} : {kind: 'present', leaseId};
}

/**
 * Writes the guard of an app that has none; several may try at once, one wins and the others end their leases.
 * @throws SmError STORE_UNAVAILABLE, STORE_AUTH.
 */
export async function ensureGuard(dependencies: GuardDependencies): Promise<GuardKey> {
  const known = await readGuard(dependencies);
  if (known.kind !== 'absent') return known;
  const {app, keys, store, leases} = dependencies;
  const specMod = liveSpecMod((await store.get(keys.appSpec(app))).entry);
  if (specMod === undefined) return known;
  const leaseId = await leases.grant(GUARD_TTL_S);
  const key = keys.leaseGuard(app);
  const outcome = await store.transact({
    compares: [{key, target: 'create', op: '=', value: 0}, specUnchanged(keys, app, specMod)],
    then: [{op: 'put', key, value: encodeGuardLease(leaseId)}],
    otherwise: [],
  });
  if (outcome.kind === 'committed') return {kind: 'present', leaseId};
  const found = await readGuard(dependencies);
  // After an unknown outcome ours may still arrive: an unused lease is better than a guard without one.
  if (outcome.kind === 'refused') await leases.revoke(leaseId);
  return found;
}

/** Ends the guard's lease for good: the app is being removed. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function revokeGuard(leases: Leases, value: string): Promise<void> {
  const leaseId = decodeGuardLease(value);
  if (leaseId !== undefined) await leases.revoke(leaseId);
}

export interface LeaseRenewerOptions extends GuardDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether an absent guard may be written: not when containers hold shards under one that must have been lost. */
  readonly mayCreate: () => boolean;
  /** Default 10 minutes. */
  readonly checkEveryMs?: number;
}

/** Keeps the guard lease of one app alive and knows its id. */
export class LeaseRenewer {
  private readonly options: LeaseRenewerOptions;
  private current: string | undefined;
  private problem: PushAlarm | undefined;
  private timer: Timer | undefined;
  private stopped = false;

  constructor(options: LeaseRenewerOptions) {
    this.options = options;
  }

  /** Decimal digits; undefined while unknown, and while it is lost: no shard may be given to a push container. */
  get leaseId(): string | undefined {
    return this.problem === undefined ? this.current : undefined;
  }

  get alarm(): PushAlarm | undefined {
    return this.problem;
  }

  start(): void {
    void this.round();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private async round(): Promise<void> {
    const {clock, logger, checkEveryMs} = this.options;
    let againMs = checkEveryMs ?? CHECK_INTERVAL_MS;
    try {
      await this.check();
    } catch (error) {
      againMs = RETRY_MS;
      logger.debug({error: String(error)}, 'guard lease could not be checked: trying again');
    }
    if (!this.stopped) this.timer = clock.after(againMs, () => void this.round());
  }

  private async check(): Promise<void> {
    const first = this.current === undefined && this.problem === undefined;
    const create = first && this.options.mayCreate();
    const guard = await (create ? ensureGuard(this.options) : readGuard(this.options));
    if (guard.kind !== 'present') return this.lost(`key lease/guard is ${guard.kind}`);
    if (this.current !== undefined && this.current !== guard.leaseId)
      return this.lost('key lease/guard names another lease');
    this.current = guard.leaseId;
    const alive = await this.options.leases.keepAliveOnce(guard.leaseId);
    if (!alive) return this.lost(`lease ${guard.leaseId} has ended`);
    this.note(undefined);
  }

  private lost(what: string): void {
    const text = `guard lease of push containers lost: ${what}; they stop or refuse shards until restarted with a new one`;
    if (this.problem?.text !== text) this.options.logger.error({}, text);
    this.note({code: 'PUSH_GUARD_LOST', text});
  }

  private note(problem: PushAlarm | undefined): void {
    if (this.stopped) return;
    this.problem = problem;
  }
}
