/**
 * Drives one Governor: feeds it news and time, carries out what it wants, brings the answers back. All decisions are the
 * governor's; when the store says that leadership is lost, the shell stops at once.
 */
import type {Keys} from '../../etcd/keys.ts';
import type {Leases} from '../../etcd/leases.ts';
import {Governor} from '../../governor/governor.ts';
import type {ContainerCall, GovernorAction, GovernorAnswer} from '../../governor/actions.ts';
import type {AppChange} from '../../model/change.ts';
import type {PlacementSnapshot, Plan} from '../../model/placement.ts';
import type {FailureDetector} from '../../ownership/failure-detector.ts';
import type {Clock, Timer} from '../../runtime/clock.ts';
import type {Logger} from '../../runtime/logger.ts';
import type {TransactionBatcher} from '../../store/batcher.ts';
import {
  ownChange,
  transitionOutcome,
  transitionTransaction,
} from '../../store/ownership-transactions.ts';
import type {FencingKey, WriteOutcome} from '../../store/ownership-transactions.ts';
import type {Store} from '../../store/port.ts';
import {changeOf, knownChange} from '../watching/app-changes.ts';
import {PushGateway} from '../push/push-gateway.ts';
import type {PushDependencies} from '../push/push-gateway.ts';
import type {HintSender} from './hint-sender.ts';
import {HoldingsAudit} from './holdings-audit.ts';
import type {HoldingsCaller} from './holdings-audit.ts';
import {Housekeeping} from './housekeeping.ts';
import {Observer} from '../watching/observer.ts';

export interface GovernorShellOptions {
  readonly app: string;
  /** Daemon id. */
  readonly governor: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly batcher: TransactionBatcher;
  readonly fencingKey: FencingKey;
  readonly leases: Leases;
  readonly epoch: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hints: HintSender;
  /** For push containers; undefined: the app has none (sm itself). */
  readonly push: PushDependencies | undefined;
  /** Asks containers what they hold; undefined: nobody is asked. */
  readonly holdings: HoldingsCaller | undefined;
  readonly plan: (snapshot: PlacementSnapshot) => Plan;
  /** A failure detector that is warm already. */
  readonly silence?: FailureDetector | undefined;
  /** Leadership is lost: the shell has stopped. */
  readonly onLostLeadership: () => void;
  /** Something here does not hold that must: the shell has stopped. */
  readonly onBroken: (error: unknown) => void;
  /** The smallest T of the app's containers has changed. */
  readonly onProbeInterval: () => void;
}

/** A turn of the governor takes together what arrives within this time: many answers, one look. */
const TURN_MS = 1;
const LONGEST_SLEEP_MS = 10_000;
const REREAD_RETRY_MS = 200;

export class GovernorShell {
  readonly governor: Governor;
  private readonly options: GovernorShellOptions;
  private readonly observer: Observer<AppChange>;
  private readonly housekeeping: Housekeeping;
  private readonly gateway: PushGateway | undefined;
  private readonly audit: HoldingsAudit | undefined;
  private timer: Timer | undefined;
  private turnQueued = false;
  private stopped = false;
  private moveIds = 0;

  constructor(options: GovernorShellOptions) {
    this.options = options;
    const {app, governor, epoch, plan, clock, silence} = options;
    const nextMoveId = (): string =>
      `m-${options.fencingKey.value.toString(36)}-${(this.moveIds += 1).toString(36)}`;
    this.governor = new Governor({app, governor, epoch, plan, nextMoveId, silence}, clock.nowMs());
    this.housekeeping = new Housekeeping(options, () => this.loseLeadership());
    const sink = {
      listed: (changes: readonly AppChange[], revision: number) =>
        this.guarded(() => {
          this.governor.relisted(changes, revision, clock.nowMs());
          this.gateway?.governorHasListed();
          this.options.onProbeInterval();
          this.queueTurn();
        }),
      changed: (changes: readonly AppChange[]) =>
        this.guarded(() => {
          let isNews = false;
          for (const change of changes)
            if (this.governor.changed(change, clock.nowMs())) isNews = true;
          if (!isNews) return;
          if (changes.some((change) => change.kind === 'heartbeat')) this.options.onProbeInterval();
          this.queueTurn();
        }),
    };
    this.observer = new Observer({
      ...options,
      prefixes: observedPrefixes(options.keys, app),
      decode: (parsed, entry, mod) =>
        knownChange(this.governor.view, parsed, entry) ?? changeOf(parsed, entry, mod),
      sink,
    });
    this.gateway = options.push === undefined ? undefined : this.newGateway(options.push);
    this.audit = options.holdings === undefined ? undefined : this.newAudit(options.holdings);
  }

  start(): void {
    this.observer.start();
    this.gateway?.start();
    this.audit?.start();
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.observer.close();
    this.gateway?.stop();
    this.audit?.stop();
    this.timer?.cancel();
  }

  /** A write of this daemon's own has committed: the store takes writes. */
  probeCommitted(): void {
    this.guarded(() => this.governor.probeCommitted(this.options.clock.nowMs()));
  }

  private newAudit(caller: HoldingsCaller): HoldingsAudit {
    return new HoldingsAudit({
      ...this.options,
      caller,
      heartbeats: () => this.governor.view.heartbeats,
      doubted: () => this.governor.doubted,
      onHoldings: (incarnation, said) =>
        this.guarded(() => {
          this.governor.holdingsSaid(incarnation, said);
          this.queueTurn();
        }),
    });
  }

  private newGateway(push: PushDependencies): PushGateway {
    return new PushGateway({
      ...this.options,
      ...push,
      governor: this.governor,
      onNews: () => this.queueTurn(),
      onBroken: (error) => this.broken(error),
      onLostLeadership: () => this.loseLeadership(),
    });
  }

  private queueTurn(): void {
    if (this.turnQueued || this.stopped) return;
    this.turnQueued = true;
    setImmediate(() => {
      this.turnQueued = false;
      this.turn();
    });
  }

  private turn(): void {
    if (this.stopped) return;
    this.guarded(() => {
      const {clock} = this.options;
      const nowMs = clock.nowMs();
      for (const action of this.governor.advance(nowMs, clock.wallMs())) this.carryOut(action);
      this.timer?.cancel();
      if (this.stopped) return;
      const waitMs = Math.min(
        LONGEST_SLEEP_MS,
        Math.max(TURN_MS, this.governor.wakeAtMs(nowMs) - nowMs),
      );
      this.timer = clock.after(waitMs, () => this.turn());
    });
  }

  private carryOut(action: GovernorAction): void {
    const {hints, logger} = this.options;
    if (action.type === 'write') this.background(this.write(action));
    else if (action.type === 'hints') {
      if (this.gateway?.took(action) !== true) hints.send(this.options.app, action);
    } else if (action.type === 'reread') this.background(this.reread(action.shard));
    else if (action.type === 'call') this.background(this.call(action));
    else {
      if (action.type === 'evict')
        logger.warn(
          {container: action.container, incarnation: action.incarnation},
          'evicting a silent container',
        );
      this.background(this.housekeeping.carryOut(action));
    }
  }

  private async write({op, transition}: Extract<GovernorAction, {type: 'write'}>): Promise<void> {
    const {app, keys, fencingKey, batcher} = this.options;
    const outcome = await batcher.submit(transitionTransaction(keys, app, fencingKey, transition));
    this.answered(transition.shard, op, transitionOutcome(transition.shard, fencingKey, outcome));
  }

  private async call(target: ContainerCall): Promise<void> {
    const {app, hints, clock} = this.options;
    const isReached = await (this.gateway?.reaches(target) ?? hints.reaches(app, target));
    if (isReached && !this.stopped) this.governor.reached(target.incarnation, clock.nowMs());
  }

  private answered(shard: string, op: number, outcome: WriteOutcome): void {
    if (outcome.kind === 'lostLeadership') return this.loseLeadership();
    const answer: GovernorAnswer = outcome;
    for (const action of this.governor.answered(shard, op, answer, this.options.clock.nowMs()))
      this.carryOut(action);
  }

  private async reread(shard: string): Promise<void> {
    const {app, keys, store, clock} = this.options;
    const reply = await store.get(keys.ownership(app, shard)).catch(() => undefined);
    const fresh = reply !== undefined && reply.revision >= this.governor.view.newest;
    if (!fresh) await clock.sleep(REREAD_RETRY_MS);
    if (this.stopped) return;
    const own = fresh ? ownChange(shard, reply.entry, reply.revision) : undefined;
    for (const action of this.governor.reread(shard, own, clock.nowMs())) this.carryOut(action);
  }

  private loseLeadership(): void {
    if (this.stopped) return;
    this.options.logger.warn({}, 'governs no more: another daemon does');
    this.stop();
    this.options.onLostLeadership();
  }

  private background(work: Promise<void>): void {
    work.then(
      () => this.queueTurn(),
      (error: unknown) => this.broken(error),
    );
  }

  /** Called by timers and watches: what is thrown there would end the process, and with it the governors of other apps. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.broken(error);
    }
  }

  private broken(error: unknown): void {
    if (this.stopped) return;
    this.stop();
    this.options.onBroken(error);
  }
}

/** Specs and run-time keys; never status and moves, which the governor itself writes. */
function observedPrefixes(keys: Keys, app: string): string[] {
  return [
    keys.appSpecPrefix(app),
    keys.heartbeatPrefix(app),
    keys.containerIdPrefix(app),
    keys.ownershipPrefix(app),
  ];
}
