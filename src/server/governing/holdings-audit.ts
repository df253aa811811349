/**
 * Asks the containers of an app, one after the other over half a minute, what they hold, for the governor to compare; over ten seconds, and for
 * loads as well, where the app's policy names metrics.
 */
import type {SaidByContainer} from '../../governor/app-loads.ts';
import type {Holdings, NoAnswer} from '../../governor/holdings.ts';
import type {SaidLoads} from '../../load/load-table.ts';
import type {Heartbeat} from '../../model/container.ts';
import type {Versioned} from '../../model/ownership.ts';
import {HINT_PATHS, holdingsAnswer} from '../../protocol/hints.ts';
import type {HoldingsAnswer} from '../../protocol/hints.ts';
import {jsonIn} from '../../protocol/foreign-json.ts';
import type {Timer} from '../../runtime/clock.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {isProxyHeartbeat} from '../push/proxy-heartbeat.ts';
import {ContainerCaller} from '../contact/container-caller.ts';
import type {ContainerCallerOptions} from '../contact/container-caller.ts';
import {failureOf, failureOfStatus} from '../contact/contact.ts';
import {CALL_TIMEOUT_MS} from '../contact/limits.ts';
import {
  ANSWER_LIMIT_BYTES,
  AUDIT_INTERVAL_MS,
  CALLS_AT_ONCE,
  LOAD_INTERVAL_MS,
  RECHECK_MS,
  SHARDS_PER_ANSWER,
} from './limits.ts';
import {jittered} from '../../model/back-off.ts';

/** Who is asked. */
export interface Asked {
  readonly app: string;
  readonly incarnation: string;
  readonly endpoint: string;
  /** How many records name it. */
  readonly records: number;
}

const UNREADABLE: NoAnswer = {cause: 'its answer cannot be read'};
const ANOTHER: NoAnswer = {cause: 'another process answers there'};

/** What a container answers. */
export interface SaidHoldings {
  readonly holdings: Holdings;
  /** Where it was asked for loads. */
  readonly loads?: SaidByContainer;
}

export class HoldingsCaller {
  private readonly caller: ContainerCaller;

  constructor(options: ContainerCallerOptions) {
    this.caller = new ContainerCaller(options, 1, ANSWER_LIMIT_BYTES);
  }

  /**
   * What the incarnation says it holds, or why it cannot be asked. `withLoads`: asks for loads, too. Where many
   * records name it, it is asked for a part of its shards at a time; one of before names all of them each time.
   */
  async ask(asked: Asked, withLoads: boolean): Promise<SaidHoldings | NoAnswer> {
    const refused = this.caller.refusal(asked.endpoint);
    if (refused !== undefined) return {cause: `the daemon does not call this address: ${refused}`};
    const parts = Math.max(1, Math.ceil(asked.records / SHARDS_PER_ANSWER));
    const holdings = new Map<string, boolean>();
    const shards = new Map<string, SaidLoads>();
    let loads: SaidByContainer | undefined;
    for (let part = 0; part < parts; part += 1) {
      const said = await this.part(asked, withLoads, parts === 1 ? '' : `&part=${part}of${parts}`);
      if ('cause' in said) return said;
      for (const {id, ready} of said.shards) holdings.set(id, ready);
      if (!withLoads) continue;
      const now = loadsOf(said);
      // What the process takes is measured since the question before: the second part would tell of a moment only.
      for (const [id, load] of now.shards) shards.set(id, load);
      loads = {...now, own: loads?.own ?? now.own, shards};
    }
    return loads === undefined ? {holdings} : {holdings, loads};
  }

  private async part(
    {app, incarnation, endpoint}: Asked,
    withLoads: boolean,
    part: string,
  ): Promise<HoldingsAnswer['containers'][number] | NoAnswer> {
    const loads = withLoads ? '&load=1' : '';
    const which = `?incarnation=${encodeURIComponent(incarnation)}${loads}${part}`;
    const call = {method: 'GET', path: `${HINT_PATHS.shards}${which}`, body: ''} as const;
    const reply = await this.caller.call({app, endpoint}, call, CALL_TIMEOUT_MS);
    if (reply.status !== 200) return failureOfStatus(reply.status);
    const parsed = holdingsAnswer.safeParse(jsonIn(reply.text));
    if (!parsed.success) return UNREADABLE;
    const {containers} = parsed.data;
    return containers.find((one) => one.app === app && one.incarnation === incarnation) ?? ANOTHER;
  }

  close(): Promise<void> {
    return this.caller.close();
  }
}

function loadsOf(said: HoldingsAnswer['containers'][number]): SaidByContainer {
  const shards = new Map<string, SaidLoads>();
  for (const {id, load} of said.shards) if (load !== undefined) shards.set(id, load);
  return {shards, own: said.own ?? {}, faults: said.loadFaults ?? {}};
}

export interface HoldingsAuditOptions extends Pick<GovernedApp, 'app' | 'clock' | 'logger'> {
  readonly caller: Pick<HoldingsCaller, 'ask'>;
  /** By incarnation. */
  readonly heartbeats: () => ReadonlyMap<string, Versioned<Heartbeat>>;
  /** How many records name the incarnation. */
  readonly records: (incarnation: string) => number;
  /** Incarnations that get nothing new because of what they said. */
  readonly doubted: () => Pick<ReadonlySet<string>, 'has'>;
  /** Whether loads are to be asked for, which is more often. Default: not. */
  readonly withLoads?: () => boolean;
  readonly onHoldings: (incarnation: string, said: SaidHoldings) => void;
  /** It could not be asked. */
  readonly onUnanswered: (incarnation: string, answer: NoAnswer) => void;
}

export class HoldingsAudit {
  private readonly options: HoldingsAuditOptions;
  private waiting: string[] = [];
  private pauseMs = AUDIT_INTERVAL_MS;
  private calls = 0;
  /** Doubted incarnations that are about to be asked again. */
  private readonly rechecks = new Map<string, Timer>();
  private timer: Timer | undefined;
  private stopped = false;

  constructor(options: HoldingsAuditOptions) {
    this.options = options;
  }

  start(): void {
    this.wait(this.intervalMs());
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    for (const timer of this.rechecks.values()) timer.cancel();
  }

  private wait(pauseMs: number): void {
    this.timer = this.options.clock.after(pauseMs, () => this.step());
  }

  /** One container a step, so that a thousand are spread over the interval. */
  private step(): void {
    if (this.stopped) return;
    if (this.waiting.length === 0) this.beginRound();
    if (this.waiting.length > 0 && this.calls < CALLS_AT_ONCE) {
      const incarnation = this.waiting.shift() ?? '';
      void this.ask(incarnation);
    }
    this.wait(this.pauseMs);
  }

  private beginRound(): void {
    this.waiting = [...this.options.heartbeats()]
      .filter(([, {value}]) => canBeAsked(value))
      .map(([incarnation]) => incarnation);
    this.pauseMs = this.intervalMs() / Math.max(1, this.waiting.length);
  }

  private async ask(incarnation: string): Promise<void> {
    const {app, caller, onHoldings} = this.options;
    const value = this.options.heartbeats().get(incarnation)?.value;
    if (value === undefined) return;
    this.calls += 1;
    try {
      const {endpoint} = value;
      const records = this.options.records(incarnation);
      const asked = {app, incarnation, endpoint, records};
      const said = await caller.ask(asked, this.withLoads).catch(failureOf);
      if (this.stopped) return;
      if ('cause' in said) this.unanswered(incarnation, value.container, said);
      else onHoldings(incarnation, said);
    } finally {
      this.calls -= 1;
      this.recheck(incarnation);
    }
  }

  private unanswered(incarnation: string, container: string, answer: NoAnswer): void {
    const {logger, onUnanswered} = this.options;
    logger.debug({container, error: answer.cause}, 'container could not be asked what it holds');
    onUnanswered(incarnation, answer);
  }

  private get withLoads(): boolean {
    return this.options.withLoads?.() ?? false;
  }

  private intervalMs(): number {
    const interval = this.withLoads ? LOAD_INTERVAL_MS : AUDIT_INTERVAL_MS;
    return jittered(interval, Math.random());
  }

  private recheck(incarnation: string): void {
    const {clock, doubted} = this.options;
    if (this.stopped || this.rechecks.has(incarnation) || !doubted().has(incarnation)) return;
    const timer = clock.after(RECHECK_MS, () => {
      this.rechecks.delete(incarnation);
      if (this.stopped) return;
      if (this.calls < CALLS_AT_ONCE) void this.ask(incarnation);
      else this.recheck(incarnation);
    });
    this.rechecks.set(incarnation, timer);
  }
}

/** Push containers are compared by their heartbeats, which list their shards. */
function canBeAsked(heartbeat: Heartbeat): boolean {
  return heartbeat.endpoint !== '' && heartbeat.state === 'ready' && !isProxyHeartbeat(heartbeat);
}
