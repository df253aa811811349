/** Everything around one random walk of leadership: daemons, hints between them, and what operators have said. */
import {Checker} from '../../../simulation/checker.ts';
import {HintNetwork} from '../../../simulation/hint-network.ts';
import type {SimProcess} from '../../../simulation/process.ts';
import {Walk} from '../../../simulation/walk.ts';
import {LeadershipChecks} from './checks.ts';
import type {WalkedDaemon} from './daemon.ts';

export const APPS = ['a', 'b'] as const;
export const IDS = ['d1:80', 'd2:80', 'd3:80'] as const;
/** T of the daemons. */
export const TTL_MS = 3_000;
/** A write that comes a second time comes so late, at most. */
const AGAIN_MS = 8_000;
/** What there is too much of to be of interest. */
const RENEWED = /\/hb\/\w+ (?:ready|waiting) |\/status /;

export class LeadershipWorld extends Walk {
  readonly hints: HintNetwork;
  readonly checker: Checker;
  readonly checks: LeadershipChecks;
  /** All processes that have not ended, two of one id among them. */
  readonly daemons = new Set<WalkedDaemon>();
  /** Processes that an operator has evicted, with the incarnation that was; each must end. */
  readonly evicted = new Map<WalkedDaemon, string>();
  /** The store was restored, and that is not accepted yet. */
  isRestored = false;
  /** By whom and from which history an answer of the store came. */
  readonly clusterOf = new WeakMap<object, string>();

  constructor(seed: number, calmFromMs: number) {
    super(seed, calmFromMs);
    const {sim, weather, server, keys, random} = this;
    this.hints = new HintNetwork(sim, weather);
    this.checker = new Checker(server, keys, random.fork(), 0);
    this.checks = new LeadershipChecks(this);
    server.observer = this.checks;
    sim.trace = (line) => this.heard(line);
    const perform = server.perform.bind(server);
    server.perform = (process, transaction) => {
      const settled = perform(process, transaction);
      this.clusterOf.set(settled, server.clusterId);
      if (process !== undefined && this.mishap(0.02))
        sim.after(random.between(0, AGAIN_MS), () => {
          this.say(process.name, 'its write comes again:', transaction.then[0]?.key ?? '');
          perform(process, transaction);
        });
      return settled;
    };
  }

  daemonOf(process: SimProcess): WalkedDaemon | undefined {
    return [...this.daemons].find((one) => one.process === process);
  }

  /** Which process has ever had the incarnation. */
  processWith(incarnation: string): WalkedDaemon | undefined {
    return [...this.daemons].find(({process}) => process.ids.has(incarnation));
  }

  private heard(line: string): void {
    if (!RENEWED.test(line)) this.say(line.trim().replace(/^[\d.]+ +/, ''));
    const {violation} = this.checker;
    if (violation !== undefined) this.broken(`${violation.promise}: ${violation.text}`);
  }
}
