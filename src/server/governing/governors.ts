/** The governors that run in this daemon, one an app, plus the one of sm itself while it leads. */
import type {KeptApp} from '../../appview/kept-app.ts';
import type {GovernedFigures} from '../../governor/figures.ts';
import type {PlanInUse} from '../../governor/plan-in-use.ts';
import type {FailureDetector} from '../../ownership/failure-detector.ts';
import type {TransactionBatcher} from '../../store/batcher.ts';
import type {FencingKey} from '../../store/ownership-transactions.ts';
import type {PushDependencies} from '../push/push-gateway.ts';
import {GovernorRun} from './governor-run.ts';
import type {HintSender} from './hint-sender.ts';
import type {GovernorShellOptions} from './governor-shell.ts';

/** Hints, push dependencies and holdings: for the containers of apps. */
export interface GovernorsOptions extends Pick<
  GovernorShellOptions,
  | ('keys' | 'store' | 'leases' | 'clock' | 'logger' | 'onAudited' | 'onProbeInterval')
  | ('hints' | 'push' | 'holdings' | 'plan' | 'planners' | 'meter')
> {
  /** Daemon id. */
  readonly daemon: string;
  readonly batcher: TransactionBatcher;
  /** Of fencing tokens, now. */
  readonly epoch: () => number;
  /** Hints to daemons. */
  readonly daemonHints: HintSender;
}

export class Governors {
  private readonly options: GovernorsOptions;
  private readonly runs = new Map<string, GovernorRun>();
  /** Of runs that have ended. */
  private pastBreaks = 0;

  constructor(options: GovernorsOptions) {
    this.options = options;
  }

  /** Apps governed here. */
  get apps(): readonly string[] {
    return [...this.runs.keys()];
  }

  /** How many governors have broken and are not yet well again, and how often any has, ever. */
  get breaks(): {readonly now: number; readonly ever: number} {
    let now = 0;
    let ever = this.pastBreaks;
    for (const run of this.runs.values()) {
      if (run.broken) now += 1;
      ever += run.breaks;
    }
    return {now, ever};
  }

  /** What readers share of an app whose governor runs here. */
  kept(app: string): KeptApp | undefined {
    return this.runs.get(app)?.shell?.kept;
  }

  /** The plan in use of an app whose governor runs here; undefined: there is none. */
  planInUse(app: string): PlanInUse | undefined {
    return this.runs.get(app)?.shell?.planInUse();
  }

  /** What there is of each app whose governor runs and has listed it: before, all would be 0, as of an app that is well. `unknown`: no write of this daemon has committed within T. */
  figures(unknown: boolean): Map<string, GovernedFigures> {
    const all = new Map<string, GovernedFigures>();
    const nowMs = this.options.clock.nowMs();
    for (const [app, {shell}] of this.runs)
      if (shell?.governor.listings.isComplete === true)
        all.set(app, shell.governor.figures(unknown, nowMs));
    return all;
  }

  /** Begins to govern; an earlier governor of the app here is stopped first. `failureDetector`: one that knows the heartbeats already. */
  start(app: string, fencingKey: FencingKey, failureDetector?: FailureDetector): void {
    this.stop(app);
    const {options} = this;
    const ours = app === options.keys.service;
    const run = new GovernorRun({
      ...options,
      // Who governs an app is never decided behind the bulk work of one.
      batcher: options.batcher.lane(app, {isUrgent: ours}),
      epoch: options.epoch(),
      app,
      governor: options.daemon,
      fencingKey,
      failureDetector,
      logger: options.logger.child({app}),
      hints: ours ? options.daemonHints : options.hints,
      push: ours ? undefined : this.pushOf(app),
      takesOver: options.push !== undefined,
      holdings: ours ? undefined : options.holdings,
      onLostLeadership: () => {
        run.stop();
        this.forget(app, run);
      },
    });
    this.runs.set(app, run);
    run.start();
    options.logger.info({app}, 'governing');
  }

  private pushOf(app: string): PushDependencies | undefined {
    const {push, batcher} = this.options;
    return (
      push && {...push, heartbeatLane: batcher.lane(`${app} proxy heartbeats`, {isUrgent: true})}
    );
  }

  stop(app: string): void {
    const run = this.runs.get(app);
    if (run === undefined) return;
    run.stop();
    this.forget(app, run);
    this.options.logger.info({app}, 'stopped governing');
  }

  stopAll(): void {
    for (const app of this.apps) this.stop(app);
  }

  /** A write of this daemon's own has committed. */
  probeCommitted(): void {
    for (const {shell} of this.runs.values()) shell?.probeCommitted();
  }

  /** Smallest T among all containers watched here, ms; Infinity without any. */
  smallestTtlMs(): number {
    const views = [...this.runs.values()].flatMap(({shell}) => shell?.governor.view ?? []);
    return Math.min(...views.map((view) => view.smallestTtlMs()));
  }

  private forget(app: string, run: GovernorRun): void {
    if (this.runs.get(app) === run) {
      this.runs.delete(app);
      this.pastBreaks += run.breaks;
    }
    this.options.onProbeInterval();
  }
}
