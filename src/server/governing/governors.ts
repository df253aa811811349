/** The governors that run in this daemon, one an app, plus the one of sm itself while it leads. */
import type {Keys} from '../../etcd/keys.ts';
import {plan} from '../../planner/index.ts';
import type {SilenceClock} from '../../ownership/silence.ts';
import type {Clock} from '../../runtime/clock.ts';
import type {Logger} from '../../runtime/logger.ts';
import type {TransactionBatcher} from '../../store/batcher.ts';
import type {Office} from '../../store/ownership-transactions.ts';
import type {Store} from '../../store/port.ts';
import type {Leases} from '../../etcd/leases.ts';
import type {PushDependencies} from '../push/push-gateway.ts';
import {GovernorShell} from './governor-shell.ts';
import type {HintSender} from './hint-sender.ts';

export interface GovernorsOptions {
  /** Daemon id. */
  readonly daemon: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly batcher: TransactionBatcher;
  /** Of fencing tokens, now. */
  readonly epoch: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hints to the containers of apps. */
  readonly hints: HintSender;
  /** Hints to daemons. */
  readonly daemonHints: HintSender;
  /** For push containers of apps; undefined: there are none. */
  readonly push: PushDependencies | undefined;
  readonly leases: Leases;
  /** The smallest T watched has changed. */
  readonly onProbeInterval: () => void;
}

export class Governors {
  private readonly options: GovernorsOptions;
  private readonly shells = new Map<string, GovernorShell>();

  constructor(options: GovernorsOptions) {
    this.options = options;
  }

  /** Apps governed here. */
  get apps(): readonly string[] {
    return [...this.shells.keys()];
  }

  /** Begins to govern; an earlier governor of the app here is stopped first. `silence`: a clock that is warm already. */
  start(app: string, office: Office, silence?: SilenceClock): void {
    this.stop(app);
    const {options} = this;
    const ours = app === options.keys.service;
    const shell = new GovernorShell({
      ...options,
      epoch: options.epoch(),
      app,
      governor: options.daemon,
      office,
      silence,
      logger: options.logger.child({app}),
      hints: ours ? options.daemonHints : options.hints,
      push: ours ? undefined : options.push,
      plan,
      onDeposed: () => this.forget(app, shell),
    });
    this.shells.set(app, shell);
    shell.start();
    options.logger.info({app}, 'governing');
  }

  stop(app: string): void {
    const shell = this.shells.get(app);
    if (shell === undefined) return;
    shell.stop();
    this.forget(app, shell);
    this.options.logger.info({app}, 'governing no more');
  }

  stopAll(): void {
    for (const app of this.apps) this.stop(app);
  }

  /** A write of this daemon's own has committed. */
  probeCommitted(): void {
    for (const shell of this.shells.values()) shell.probeCommitted();
  }

  /** Smallest T among all containers watched here, ms; Infinity without any. */
  smallestTtlMs(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const shell of this.shells.values())
      least = Math.min(least, shell.governor.view.smallestTtlMs());
    return least;
  }

  private forget(app: string, shell: GovernorShell): void {
    if (this.shells.get(app) === shell) this.shells.delete(app);
    this.options.onProbeInterval();
  }
}
