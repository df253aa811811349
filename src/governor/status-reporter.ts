/** The summary that every daemon can show: written when it says something new, at most once a second. */
import {andMore} from '../model/and-more.ts';
import {counted} from '../model/counted.ts';
import type {AlarmCode, RaisedAlarm} from '../model/alarm.ts';
import type {ContainerState} from '../model/container.ts';
import type {MoveWait} from '../model/move-wait.ts';
import type {Alarm, AppStatus, ContainerStatus, QuietStatus} from '../model/status.ts';
import type {FailureDetector} from '../ownership/failure-detector.ts';
import type {AppLoads} from './app-loads.ts';
import {isByClock} from './containers.ts';
import type {Living, LivingContainer} from './containers.ts';
import type {Evictor} from './eviction.ts';
import type {HoldingsCheck} from './holdings.ts';
import type {PlanCache} from './plan-cache.ts';
import {usageOf} from '../appstate/usage.ts';
import {quarantinedName} from '../appstate/quarantine.ts';
import {serviceGap} from './service-gap.ts';
import {strandedTexts} from './stranded.ts';
import {SUMMARY_CUT, fittingStatus, shownText} from './status-size.ts';
import type {LongUnserved} from './unserved.ts';
import type {AppView} from '../appstate/app-view.ts';
import {
  ALARMS_SHOWN,
  FAILED_SHOWN,
  QUARANTINED_NAMED,
  STATUS_INTERVAL_MS,
  UNPLACED_SHOWN,
} from './limits.ts';
import {CLOCK_DRIFT} from '../model/limits.ts';

const BY_CLOCK: readonly ContainerState[] = [
  'lost',
  'silent',
  'unreachable',
  'refusing',
  'suspect',
];
/** Half of what assumption A2 allows, and on: rates of clocks that are worth an alarm. */
const CLOCK_RATE_STEPS = [CLOCK_DRIFT / 2, CLOCK_DRIFT, 0.02, 0.05, 0.1, 0.2];

export interface StatusInput {
  readonly app: string;
  readonly governor: string;
  readonly wallMs: number;
  readonly view: AppView;
  readonly living: Living;
  readonly plan: PlanCache;
  readonly evictor: Pick<Evictor, 'isBreakerOpen'>;
  /** Why containers cannot be asked which shards they run, by incarnation. */
  readonly holdings: Pick<HoldingsCheck, 'failures'>;
  readonly settled: boolean;
  /** Absent when it is not. Default: it is not. */
  readonly quiet?: QuietStatus | undefined;
  /** What moves wait for that have not begun. Default: none do. */
  readonly waits?: readonly MoveWait[];
  readonly failureDetector: Pick<FailureDetector, 'clockRate' | 'ageMs'>;
  readonly loads: Pick<AppLoads, 'summaryDue' | 'balance' | 'metrics' | 'unmeasured' | 'alarms'>;
  /** Shards that have not been served for longer than T; undefined: there are none. */
  readonly unserved: LongUnserved | undefined;
}

export class StatusReporter {
  /** As of the last look, all of them. */
  alarms: readonly Alarm[] = [];
  private touched = true;
  private settled = false;
  /** No summary is made before that moment. */
  nextAtMs = Number.NEGATIVE_INFINITY;
  private last = '';
  private readonly sinceByKey = new Map<string, string>();
  private readonly outside = new Map<string, readonly RaisedAlarm[]>();
  /** What the last summary had to say of clocks, by incarnation. */
  private clockRates: ReadonlyMap<string, string> = new Map();

  /** Takes alarms that are raised beside the governor, all that this source has; true when they have changed. */
  noteOutside(source: string, alarms: readonly RaisedAlarm[]): boolean {
    if (JSON.stringify(alarms) === JSON.stringify(this.outside.get(source) ?? [])) return false;
    this.outside.set(source, alarms);
    this.touch();
    return true;
  }

  /**
   * Takes what there is to say of a container's clock; true when the summary says something else. It is compared with the summary, not with
   * the beat before: the governor of sm shares its failure detector, which may have heard the beat from elsewhere already.
   */
  noteClockRate(incarnation: string, text: string | undefined): boolean {
    if (this.clockRates.get(incarnation) === text) return false;
    this.touch();
    return true;
  }

  touch(): void {
    this.touched = true;
  }

  /** The last summary may not have been written: the next look gives one again, as things are then. */
  lost(): void {
    this.last = '';
    this.touch();
  }

  /** Takes over the previous governor's summary, for its times: what lasts since then began at the earlier time. */
  inherit({alarms, containers}: AppStatus): void {
    for (const {code, text, since} of alarms) this.older(`alarm/${code}/${text}`, since);
    for (const {state, incarnation, since} of Object.values(containers))
      this.older(`container/${incarnation}/${state}`, since);
    this.touch();
  }

  /** The status to write now, or undefined when it is not yet time or nothing new. `settled`: nothing is under way; news by itself. */
  due(nowMs: number, settled: boolean, input: () => StatusInput): AppStatus | undefined {
    this.touched ||= settled !== this.settled;
    this.settled = settled;
    if (!this.touched || nowMs < this.nextAtMs) return undefined;
    this.touched = false;
    this.nextAtMs = nowMs + STATUS_INTERVAL_MS;
    const status = this.statusOf(input());
    const text = JSON.stringify({...status, at: ''});
    if (text === this.last) return undefined;
    this.last = text;
    return status;
  }

  wakeAtMs(): number {
    return this.touched ? this.nextAtMs : Number.POSITIVE_INFINITY;
  }

  private older(key: string, since: string): void {
    const known = this.sinceByKey.get(key);
    if (known === undefined || since < known) this.sinceByKey.set(key, since);
  }

  private statusOf(input: StatusInput): AppStatus {
    const at = new Date(input.wallMs).toISOString();
    const problems = new Set<string>();
    const since = (key: string, from = at): string => {
      problems.add(key);
      const known = this.sinceByKey.get(key) ?? from;
      this.sinceByKey.set(key, known);
      return known;
    };
    const containers = containerStatuses(input, since);
    this.clockRates = clockRatesOf(input);
    const alarms = alarmsOf(input, this.clockRates, [...this.outside.values()].flat(), since);
    for (const key of this.sinceByKey.keys()) if (!problems.has(key)) this.sinceByKey.delete(key);
    const {unplaced} = input.plan;
    const {quarantined} = input.view;
    const {failed} = input.view.states;
    const status = fittingStatus({
      ...{governor: input.governor, at, settled: input.settled, containers},
      quiet: input.quiet,
      waits: input.waits ?? [],
      usage: usageOf(input.view),
      unplaced: first(unplaced, UNPLACED_SHOWN).map(([shard, reason]) => ({shard, reason})),
      failed: first(failed, FAILED_SHOWN).map((shard) => failedShard(input.view, shard)),
      quarantined: first(quarantined.all(), FAILED_SHOWN).map((one) => ({
        key: quarantinedName(one),
        problem: shownText(one.problem),
      })),
      alarms: alarms.slice(0, ALARMS_SHOWN),
      totals: {
        containers: containers.length,
        unplaced: unplaced.size,
        failed: failed.size,
        quarantined: quarantined.size,
        alarms: alarms.length,
      },
    });
    const cut = status.alarms.filter(({code}) => code === SUMMARY_CUT);
    this.alarms = [...cut, ...alarms];
    return status;
  }
}

/** The worst first: there may be no room for all. */
function containerStatuses(
  input: StatusInput,
  since: (key: string) => string,
): [string, ContainerStatus][] {
  const containers: [string, ContainerStatus][] = [];
  const stranded = strandedTexts(input.view, input.plan.stranded);
  for (const {container, incarnation, state, note = ''} of input.living.values()) {
    if (state === 'ready') continue;
    const at = since(`container/${incarnation}/${state}`);
    const status: ContainerStatus = {state, since: at, incarnation, note: shownText(note)};
    const stays = state === 'draining' ? stranded.get(container) : undefined;
    if (stays !== undefined) status.stranded = shownText(stays);
    containers.push([container, status]);
  }
  return containers.sort(([, a], [, b]) => urgency(a.state) - urgency(b.state));
}

/** States that rest on the governor's clock come first: the others can be read from heartbeats and orders. */
function urgency(state: ContainerState): number {
  const at = BY_CLOCK.indexOf(state);
  return at === -1 ? BY_CLOCK.length : at;
}

function first<T>(all: Iterable<T>, most: number): T[] {
  const found: T[] = [];
  for (const entry of all) {
    if (found.length === most) break;
    found.push(entry);
  }
  return found;
}

function alarmsOf(
  input: StatusInput,
  clockRates: ReadonlyMap<string, string>,
  outside: readonly RaisedAlarm[],
  since: (key: string, from?: string) => string,
): Alarm[] {
  const alarms: Alarm[] = [];
  const alarmOf = (code: AlarmCode, text: string, object = '', from?: string): Alarm => {
    const shown = shownText(text);
    const about = object === '' ? {} : {object};
    return {code, text: shown, since: since(`alarm/${code}/${shown}`, from), ...about};
  };
  const raise = (...about: Parameters<typeof alarmOf>): void => void alarms.push(alarmOf(...about));
  if (input.unserved !== undefined) {
    const {shard, sinceMs} = input.unserved;
    raise('UNSERVED', unservedText(input, input.unserved), shard, new Date(sinceMs).toISOString());
  }
  if (input.evictor.isBreakerOpen)
    raise('BRAKE', 'many containers were lost within a short time: evictions are held back for 2T');
  if (input.view.quarantined.size > 0) raise('QUARANTINE', quarantineText(input.view));
  for (const {code, text} of [...outside, ...input.loads.alarms()]) raise(code, text);
  for (const one of input.living.values()) {
    const {container, incarnation, state, note, noteAbout} = one;
    // They have alarms of their own.
    if (input.view.heartbeatProblem(incarnation) !== undefined) continue;
    if (input.view.sessionProblem(incarnation) !== undefined) continue;
    // An operator has taken it out: nothing is left to be done about it.
    if (input.view.heartbeats.get(incarnation)?.value.state === 'evicting') continue;
    const about = (code: AlarmCode, text: string): void => raise(code, text, container);
    if (state === 'refusing')
      alarms.push({
        ...alarmOf(
          'REFUSING',
          `container ${container} gets one shard on trial at a time: ${note ?? ''}`,
          container,
        ),
        ...(noteAbout === 'ends' || noteAbout === 'adds' ? {cause: noteAbout} : {}),
      });
    else if (noteAbout === 'contact')
      about('UNREACHABLE', `container ${container} renews its heartbeat but ${note ?? ''}`);
    else if (noteAbout === 'holdings')
      about('HOLDINGS_DIFFER', `container ${container} gets no new shards: it ${note ?? ''}`);
    else if (state === 'unreachable')
      about('UNREACHABLE', `container ${container} renews its heartbeat but claims no shards`);
    const cause = holdingsFailure(input, one);
    if (cause !== undefined)
      about(
        'HOLDINGS_UNKNOWN',
        `container ${container} cannot be asked which shards it runs: ${cause}`,
      );
    const rate = clockRates.get(incarnation);
    if (rate !== undefined) about('CLOCK_RATE', `the clock of container ${container} ${rate}`);
    for (const {text, from} of overdueHooks(input, incarnation))
      raise('STUCK', text, container, from);
  }
  return alarms;
}

/** Nobody is asked who leaves; who is not heard, or cannot be called, is named for that. */
function holdingsFailure(
  {holdings, view}: StatusInput,
  {incarnation, state, noteAbout}: LivingContainer,
): string | undefined {
  const isAsked = view.heartbeats.get(incarnation)?.value.state === 'ready';
  return !isAsked || isByClock(state) || noteAbout === 'contact'
    ? undefined
    : holdings.failures.get(incarnation);
}

/** Hooks that have outlasted their limits, and since when: as long before the heartbeat as its sender says. */
function overdueHooks(
  {view, wallMs}: StatusInput,
  incarnation: string,
): {readonly text: string; readonly from: string | undefined}[] {
  const {container, sentAtMs, overdue = []} = view.heartbeats.get(incarnation)?.value ?? {};
  return overdue.map(({hook, shard, sinceMs}) => {
    const text = `${hook} of ${shard} on ${container ?? ''} is overdue`;
    if (sentAtMs === undefined || sinceMs === undefined) return {text, from: undefined};
    return {text, from: new Date(wallMs - Math.max(0, sentAtMs - sinceMs)).toISOString()};
  });
}

function unservedText({app, view, living, plan}: StatusInput, found: LongUnserved): string {
  const {count, shard, limitMs} = found;
  const reasonOf = (id: string): string => plan.unplaced.get(id) ?? '';
  const why = serviceGap(shard, {app, view, living, reasonOf})?.text ?? 'it is served again';
  const of = `${count} of ${counted(view.shards.size, 'shard')}`;
  return `${of} not served for longer than ${limitMs / 1_000} s; longest ${shard}: ${why}`;
}

/** The first few by name; of a heartbeat the container's, for that is what can be evicted. */
function quarantineText({quarantined, heartbeats}: AppView): string {
  const named = first(quarantined.all(), QUARANTINED_NAMED).map((one) => {
    const name = quarantinedName(one);
    const container =
      one.what === 'heartbeat' ? heartbeats.get(one.id)?.value.container : undefined;
    return container === undefined || container === '' ? name : `${name} of container ${container}`;
  });
  const how = quarantined.hasContradictions
    ? 'cannot be read, or name a container and the incarnation of another one'
    : 'cannot be read';
  return `${counted(quarantined.size, 'value')} in etcd ${how}: ${andMore(named, quarantined.size)}`;
}

function clockRatesOf({living, failureDetector}: StatusInput): Map<string, string> {
  const texts = new Map<string, string>();
  for (const {incarnation} of living.values()) {
    const text = clockRateText(failureDetector.clockRate(incarnation));
    if (text !== undefined) texts.set(incarnation, text);
  }
  return texts;
}

/** What is wrong with the rate of a clock, in steps: a text that changed with each heartbeat would be a new alarm each time. */
export function clockRateText(rate = 0): string | undefined {
  const step = CLOCK_RATE_STEPS.findLast((one) => Math.abs(rate) > one);
  if (step === undefined) return undefined;
  const percent = `more than ${Number((100 * step).toFixed(1))} %`;
  if (rate < 0)
    return `runs fast by ${percent} against this daemon's: its shards may stop early; see how its time server corrects it`;
  const waits =
    step < CLOCK_DRIFT
      ? `the wait before its eviction allows for ${100 * CLOCK_DRIFT} %`
      : `the wait before its eviction is longer by what exceeds ${100 * CLOCK_DRIFT} %`;
  return `runs slow by ${percent} against this daemon's: ${waits}; see how its time server corrects it`;
}

function failedShard(view: AppView, shard: string): AppStatus['failed'][number] {
  const {failures = 0, lastError = ''} = view.own.get(shard)?.value ?? {};
  return {shard, failures, lastError: shownText(lastError)};
}
