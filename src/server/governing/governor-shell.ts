/**
 * The shell of one Governor: feeds it news, carries out what it wants, brings the answers back. All decisions are the
 * governor's; when the store says that leadership is lost, the shell stops at once.
 */
import type {Keys, ParsedKey} from '../../etcd/keys.ts';
import {Governor} from '../../governor/governor.ts';
import type {SaidByContainer} from '../../governor/app-loads.ts';
import type {PlanInUse} from '../../governor/plan-in-use.ts';
import type {GovernorAction} from '../../governor/actions.ts';
import type {ContainerCall} from '../../governor/hints.ts';
import type {AppChange} from '../../model/change.ts';
import type {PlacementSnapshot, Plan} from '../../model/placement.ts';
import type {FailureDetector} from '../../ownership/failure-detector.ts';
import {MachineDriver} from '../../runtime/machine-driver.ts';
import type {ActionHandlers} from '../../runtime/machine-driver.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {transitionOutcome, transitionTransaction} from '../../store/ownership-transactions.ts';
import type {WriteOutcome} from '../../store/ownership-transactions.ts';
import {changeOf} from '../../appview/app-changes.ts';
import type {Contact} from '../../model/contact.ts';
import {AlarmLog} from './alarm-log.ts';
import {PushGateway} from '../push/push-gateway.ts';
import type {PushDependencies} from '../push/push-gateway.ts';
import {Expiries} from './expiries.ts';
import {ForeignNames} from './foreign-names.ts';
import type {HintSender} from './hint-sender.ts';
import {HoldingsAudit} from './holdings-audit.ts';
import type {HoldingsCaller} from './holdings-audit.ts';
import {Housekeeping} from './housekeeping.ts';
import type {Chore} from './housekeeping.ts';
import {silentMeter, timedPlan} from './meter.ts';
import type {GovernorMeter} from './meter.ts';
import {isStatusLost, lastLoads, lastRestore, lastStatus} from './last-word.ts';
import {KeptApp} from '../../appview/kept-app.ts';
import {ListAndWatch} from '../../appview/list-and-watch.ts';
import type {ListingStep} from '../../appview/list-and-watch.ts';
import {PlannerLost} from './planners-beside.ts';
import type {PlannerBeside, PlannersBeside} from './planners-beside.ts';
import {RecordRereads} from './record-rereads.ts';
import {GOVERNOR_SLEEP_MAX_MS} from './limits.ts';

export interface GovernorShellOptions extends GovernedApp {
  readonly hints: HintSender;
  /** For push containers; undefined: the app has none (sm itself). */
  readonly push: PushDependencies | undefined;
  /** Asks containers what they hold; undefined: nobody is asked. */
  readonly holdings: HoldingsCaller | undefined;
  readonly plan: (snapshot: PlacementSnapshot) => Plan;
  /** Plan beside the event loop for large apps. Default: nobody does. */
  readonly planners?: PlannersBeside | undefined;
  /** Counts what happens. Default: nobody does. */
  readonly meter?: GovernorMeter | undefined;
  /** A failure detector that is warm already. */
  readonly failureDetector?: FailureDetector | undefined;
  /** Leadership is lost: the shell has stopped. */
  readonly onLostLeadership: () => void;
  /** Something here does not hold that must: the shell has stopped. */
  readonly onBroken: (error: unknown) => void;
  /** The smallest T of the app's containers has changed. */
  readonly onProbeInterval: () => void;
  /** A listing has failed, and none has succeeded yet: it is tried again. Default: nobody hears of it. */
  readonly onUnread?: (error: unknown) => void;
}

export class GovernorShell {
  readonly governor: Governor;
  /** What readers share. */
  readonly kept: KeptApp;
  private readonly options: GovernorShellOptions;
  private readonly meter: GovernorMeter;
  private readonly alarmLog: AlarmLog;
  private readonly observer: ListAndWatch<AppChange>;
  private readonly housekeeping: Housekeeping;
  private readonly expiries: Expiries;
  private readonly gateway: PushGateway | undefined;
  private readonly audit: HoldingsAudit | undefined;
  private readonly driver: MachineDriver<GovernorAction>;
  private readonly foreign: ForeignNames;
  private readonly rereads: RecordRereads;
  private planner: PlannerBeside | undefined;
  private moveIds = 0;

  constructor(options: GovernorShellOptions) {
    this.options = options;
    this.meter = options.meter ?? silentMeter;
    this.alarmLog = new AlarmLog(options.logger);
    const {app, governor, epoch, clock, failureDetector} = options;
    const plan = timedPlan(options, this.meter);
    const nextMoveId = (): string =>
      `m-${options.fencingKey.value.toString(36)}-${(this.moveIds += 1).toString(36)}`;
    this.planner = options.planners?.open();
    const plansBesideFrom = options.planners?.from;
    this.governor = new Governor(
      {app, governor, epoch, plan, plansBesideFrom, nextMoveId, failureDetector},
      clock.nowMs(),
    );
    this.kept = new KeptApp(this.governor.view, () => this.observer);
    this.foreign = new ForeignNames(options.keys, app);
    this.housekeeping = new Housekeeping(
      options,
      () => this.loseLeadership(),
      () => this.summaryLost(),
    );
    this.expiries = new Expiries({...options, view: () => this.governor.view});
    this.driver = this.newDriver();
    this.rereads = this.newRereads();
    const sink = {
      listing: () => {
        this.governor.listings.begin();
        this.foreign.clear();
      },
      foreign: (key: string, isThere: boolean) => {
        if (!this.foreign.note(key, isThere) || !this.governor.listings.isComplete) return;
        this.driver.guarded(() => this.noteForeign());
      },
      isKnown: (parsed: ParsedKey, mod: number) => {
        if (parsed.kind === 'ownership')
          return this.governor.listings.isKnown('own', parsed.shard, mod);
        return (
          parsed.kind === 'shardSpec' && this.governor.listings.isKnown('shard', parsed.shard, mod)
        );
      },
      listed: (changes: Iterable<AppChange>, revision: number) => this.takeIn(changes, revision),
      failed: (error: unknown) => {
        if (!this.governor.listings.isComplete) this.options.onUnread?.(error);
      },
      changed: (changes: readonly AppChange[]) =>
        this.driver.guarded(() => {
          let isNews = false;
          for (const change of changes)
            if (this.governor.changed(change, clock.nowMs())) isNews = true;
          this.expiries.note(changes);
          if (!isNews) return;
          if (changes.some((change) => change.kind === 'heartbeat')) this.options.onProbeInterval();
          this.driver.queueTurn();
        }),
    };
    this.observer = new ListAndWatch({
      ...options,
      prefixes: observedPrefixes(options.keys, app),
      decode: changeOf,
      sink: this.kept.noting(sink),
    });
    this.gateway = options.push === undefined ? undefined : this.newGateway(options.push);
    this.audit = options.holdings === undefined ? undefined : this.newAudit(options.holdings);
  }

  start(): void {
    this.meter.started(this.options.app);
    this.inheritWord();
    this.observer.start();
    this.gateway?.start();
    this.audit?.start();
  }

  stop(): void {
    this.driver.stop();
    this.planner?.close();
    this.observer.close();
    this.kept.end();
    this.expiries.stop();
    this.gateway?.stop();
    this.audit?.stop();
  }

  /** The plan in use; undefined: there is none. What has come since the last turn may ask for a newer one. */
  planInUse(): PlanInUse | undefined {
    const {driver, governor, options} = this;
    const found = driver.isStopped ? undefined : governor.planInUse(options.clock.nowMs());
    return found && {...found, isNewest: found.isNewest && !driver.isTurnDue};
  }

  /** A write of this daemon's own has committed: the store takes writes. */
  probeCommitted(): void {
    this.driver.guarded(() => this.governor.probeCommitted(this.options.clock.nowMs()));
  }

  /** A listing, a part with each step. A governor that has stopped takes nothing more. */
  private takeIn(changes: Iterable<AppChange>, revision: number): ListingStep {
    const intake = this.governor.listings.intake(this.expiries.noting(changes), revision);
    return () => {
      let done = true;
      this.driver.guarded(() => (done = intake.step(this.options.clock.nowMs())));
      if (!done || this.driver.isStopped) return done;
      this.driver.guarded(() => {
        this.gateway?.governorHasListed();
        this.noteForeign();
        this.options.onProbeInterval();
      });
      this.driver.queueTurn();
      void this.lookAtSummary();
      return true;
    };
  }

  /** The governor does not watch the key of its summary, because nobody else writes it. A summary that somebody has damaged is found by this read. */
  private async lookAtSummary(): Promise<void> {
    if ((await isStatusLost(this.options)) && !this.driver.isStopped) this.summaryLost();
  }

  private summaryLost(): void {
    this.governor.reports.status.lost();
    this.driver.queueTurn();
  }

  private noteForeign(): void {
    const {view} = this.governor;
    if (this.governor.noteAlarms('names', this.foreign.alarms(view))) this.driver.queueTurn();
  }

  /** Takes over what the previous governor wrote. Until that is read, loads and "since when" begin at this governor's start. */
  private inheritWord(): void {
    const {governor, options} = this;
    void this.inherit(lastLoads(options), (loads) =>
      governor.loads.inherit(loads, options.clock.nowMs()),
    );
    void this.inherit(lastStatus(options), (status) => governor.reports.inherit(status));
    void this.inherit(lastRestore(options), (accepted) => (governor.view.accepted = accepted));
  }

  private async inherit<T>(read: Promise<T | undefined>, take: (word: T) => void): Promise<void> {
    const word = await read;
    if (word === undefined || this.driver.isStopped) return;
    this.driver.guarded(() => {
      take(word);
      this.driver.queueTurn();
    });
  }

  private newAudit(caller: HoldingsCaller): HoldingsAudit {
    return new HoldingsAudit({
      ...this.options,
      caller,
      heartbeats: () => this.governor.view.heartbeats,
      records: (incarnation) => this.governor.view.shardsOf(incarnation).size,
      doubted: () => this.governor.holdings.doubted,
      withLoads: () => this.governor.loads.areWanted,
      onHoldings: (incarnation, {holdings, loads}) =>
        this.driver.guarded(() => {
          this.governor.holdingsSaid(incarnation, holdings);
          if (loads !== undefined) this.loadsSaid(incarnation, loads);
          this.driver.queueTurn();
        }),
      onUnanswered: (incarnation, answer) =>
        this.driver.guarded(() => {
          this.governor.holdingsSaid(incarnation, answer);
          this.driver.queueTurn();
        }),
    });
  }

  private loadsSaid(incarnation: string, said: SaidByContainer): void {
    const {loads, reports} = this.governor;
    if (loads.said(incarnation, said, this.options.clock.nowMs())) reports.status.touch();
    this.meter.loadFaults(this.options.app, loads.takeFaults());
  }

  private newGateway(push: PushDependencies): PushGateway {
    return new PushGateway({
      ...this.options,
      ...push,
      governor: this.governor,
      onNews: () => this.driver.queueTurn(),
      onBroken: (error) => this.driver.broken(error),
      onLostLeadership: () => this.loseLeadership(),
    });
  }

  private newDriver(): MachineDriver<GovernorAction> {
    const {app, clock, onBroken} = this.options;
    return new MachineDriver<GovernorAction>({
      machine: {
        advance: (nowMs) => {
          if (this.gateway?.knowsSessions === false) return [];
          const actions = this.governor.advance(nowMs, clock.wallMs());
          this.meter.measured(app, this.governor.reports.service.take());
          return actions;
        },
        wakeAtMs: (nowMs) =>
          this.gateway?.knowsSessions === false
            ? Number.POSITIVE_INFINITY
            : this.governor.wakeAtMs(nowMs),
      },
      handlers: this.handlers(),
      clock,
      nowMs: () => clock.nowMs(),
      longestSleepMs: GOVERNOR_SLEEP_MAX_MS,
      restsAfterTurns: true,
      onBroken: (error) => {
        this.stop();
        onBroken(error);
      },
    });
  }

  private handlers(): ActionHandlers<GovernorAction> {
    const {app, hints, logger} = this.options;
    const chore = (action: Chore): Promise<void> => this.housekeeping.carryOut(action);
    return {
      write: (action) => this.write(action),
      hints: (action) => {
        if (this.gateway?.took(action) === true) return;
        hints.send(app, action, (contact) => this.contacted(action, contact));
      },
      reread: ({shard}) => this.rereads.want(shard),
      call: (action) => this.call(action),
      evict: (action) => {
        const {container, incarnation} = action;
        const order = this.governor.view.heartbeats.get(incarnation)?.value.state;
        const why =
          order === 'evicting' ? 'a container that an operator evicted' : 'a silent container';
        logger.warn({container, incarnation}, `taking out ${why}`);
        return chore(action);
      },
      sendRows: ({batch}) => this.planner?.update(batch),
      plan: (action) => this.plan(action),
      recordMoves: chore,
      recordEvents: chore,
      loads: chore,
      status: (action) => {
        this.alarmLog.note(action.status.alarms);
        return chore(action);
      },
      deleteSpecs: chore,
      finishRemoval: chore,
    };
  }

  /** A failure here breaks the governor, as a failed plan within a turn does. */
  private async plan({generation, terms}: Extract<GovernorAction, {type: 'plan'}>): Promise<void> {
    const {app, clock} = this.options;
    const startedMs = clock.nowMs();
    const plan = await this.planner?.plan(terms).catch((error: unknown) => this.plannerLost(error));
    if (plan === undefined || this.driver.isStopped) return;
    this.meter.planned(app, clock.nowMs() - startedMs);
    this.governor.planned(generation, plan, clock.nowMs());
  }

  /** The planner's thread has ended. A new thread gets the whole app again; where none can be opened, the governor plans within its own turns. */
  private plannerLost(error: unknown): void {
    if (!(error instanceof PlannerLost)) throw error;
    this.planner?.close();
    this.planner = this.options.planners?.open();
    this.governor.planning.lost(error.isForGood);
  }

  private async write({op, transition}: Extract<GovernorAction, {type: 'write'}>): Promise<void> {
    const {app, keys, fencingKey, batcher} = this.options;
    const outcome = await batcher.submit(transitionTransaction(keys, app, fencingKey, transition));
    this.answered(transition.shard, op, transitionOutcome(transition.shard, fencingKey, outcome));
  }

  private async call(target: ContainerCall): Promise<void> {
    const {app, hints} = this.options;
    this.contacted(target, await (this.gateway?.contact(target) ?? hints.contact(app, target)));
  }

  private contacted({incarnation}: Pick<ContainerCall, 'incarnation'>, contact: Contact): void {
    if (this.driver.isStopped) return;
    const failure = contact.reached ? undefined : contact.cause;
    this.driver.guarded(() => {
      this.governor.contacted(incarnation, failure, this.options.clock.nowMs());
      this.driver.queueTurn();
    });
  }

  private answered(shard: string, op: number, outcome: WriteOutcome): void {
    if (outcome.kind === 'lostLeadership') return this.loseLeadership();
    this.driver.act(this.governor.answered(shard, op, outcome, this.options.clock.nowMs()));
  }

  private newRereads(): RecordRereads {
    return new RecordRereads({
      ...this.options,
      newest: () => this.governor.view.newest,
      isStopped: () => this.driver.isStopped,
      onRead: (shard, own) => {
        this.governor.reread(shard, own, this.options.clock.nowMs());
        this.driver.queueTurn();
      },
    });
  }

  private loseLeadership(): void {
    if (this.driver.isStopped) return;
    this.options.logger.warn({}, 'stopped governing: another daemon governs the app');
    this.stop();
    this.options.onLostLeadership();
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
