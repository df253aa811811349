/**
 * What came up in many runs: steps of ownership records, phases of containers, states of the hooks of shards, decisions of
 * governors, and pairs of faults that met in one run.
 */
import type {SessionDriver} from '../../src/container/session-driver.ts';
import {Governor} from '../../src/governor/governor.ts';
import type {GovernorAction} from '../../src/governor/actions.ts';
import type {Operation, Transaction} from '../../src/store/port.ts';
import type {Fleet} from './fleet.ts';
import type {SimProcess} from './process.ts';
import type {StoreObserver} from './store-observer.ts';

export type Counts = Record<string, number>;

const PAIR = 'faults: ';

export class Coverage {
  readonly counts: Counts = {};

  note(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** The kinds of faults of one run. */
  met(faults: readonly string[]): void {
    const sorted = [...faults].sort();
    for (const [at, one] of sorted.entries())
      for (const other of sorted.slice(at + 1)) this.note(`${PAIR}${one} + ${other}`);
  }

  /** The two kinds that have met least, of those there are. */
  rarestPair<T extends string>(kinds: readonly T[]): readonly [T, T] | undefined {
    const sorted = [...kinds].sort();
    let rarest: readonly [T, T] | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [at, one] of sorted.entries())
      for (const other of sorted.slice(at + 1)) {
        const count = this.counts[`${PAIR}${one} + ${other}`] ?? 0;
        if (count >= least) continue;
        least = count;
        rarest = [one, other];
      }
    return rarest;
  }

  /** Notes what happens in the world of the fleet. Call before it begins. */
  watch(fleet: Fleet): void {
    watchGovernors(this);
    const {world, server} = fleet;
    const {afterEvent} = world;
    const last = new Map<string, string>();
    world.afterEvent = (process) => {
      afterEvent(process);
      const driver = driverOf(fleet, process);
      if (driver !== undefined) this.look(process, driver, last);
    };
    if (server.observer !== undefined) server.observer = this.observer(fleet, server.observer);
  }

  private look({label}: SimProcess, {session}: SessionDriver, last: Map<string, string>): void {
    const phase = `${session.phase}${session.acting ? '' : ', fenced'}`;
    this.change(label, 'container', phase, last);
    for (const [shard, machine] of session.machines) {
      this.change(`${label} ${shard}`, 'hook', machine['hook'], last);
    }
  }

  private change(of: string, what: string, now: string, last: Map<string, string>): void {
    const before = last.get(of);
    if (before === now) return;
    last.set(of, now);
    if (before !== undefined) this.note(`${what}: ${before} -> ${now}`);
  }

  private observer(fleet: Fleet, behind: StoreObserver): StoreObserver {
    return {
      applying: (process, transaction, commits) => {
        if (commits) this.records(fleet, transaction);
        behind.applying(process, transaction, commits);
      },
      applied: (process, transaction, outcome) => behind.applied(process, transaction, outcome),
    };
  }

  private records({server}: Fleet, {then}: Transaction): void {
    for (const operation of then) {
      if (operation.op === 'get' || !operation.key.includes('/own/')) continue;
      const before = stateOf(server.kv.get(operation.key)?.value);
      this.note(`record: ${before} -> ${stateAfter(operation)}`);
    }
  }
}

export function addCounts(to: Counts, more: Counts): void {
  for (const [what, count] of Object.entries(more)) to[what] = (to[what] ?? 0) + count;
}

/** So many pairs of faults are shown: those that met least. */
const PAIRS_SHOWN = 15;

export function coverageText(counts: Counts): string {
  const all = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = all.filter(([what]) => !what.startsWith(PAIR)).map(line);
  const pairs = all.filter(([what]) => what.startsWith(PAIR)).sort(([, a], [, b]) => a - b);
  lines.push(`${pairs.length} pairs of faults met; least often:`);
  lines.push(...pairs.slice(0, PAIRS_SHOWN).map(line));
  return lines.join('\n');
}

function line([what, count]: [string, number]): string {
  return `${String(count).padStart(9)}  ${what}`;
}

function driverOf({containers, daemons}: Fleet, process: SimProcess): SessionDriver | undefined {
  const node = containers.get(process.role) ?? daemons.get(`${process.role}:1`);
  if (node?.process !== process || node.incarnation === '') return undefined;
  return 'driver' in node ? (node.driver as SessionDriver) : undefined;
}

interface Fields {
  readonly state: string;
  readonly ready: boolean;
  readonly failures: number;
}

function stateOf(value: string | undefined): string {
  if (value === undefined) return 'absent';
  const {state, ready, failures} = JSON.parse(value) as Fields;
  return `${state}${ready ? ' ready' : ''}${failures > 0 ? ' failed' : ''}`;
}

function stateAfter(operation: Exclude<Operation, {op: 'get'}>): string {
  return stateOf(operation.op === 'put' ? operation.value : undefined);
}

/** Of the run under way. */
let watching: Coverage | undefined;
let isWatching = false;

/** What governors decide is seen where they say it; once for all of them. */
function watchGovernors(coverage: Coverage): void {
  watching = coverage;
  if (isWatching) return;
  isWatching = true;
  const {advance} = Governor.prototype;
  Governor.prototype.advance = function (this: Governor, nowMs, wallMs) {
    const actions = advance.call(this, nowMs, wallMs);
    for (const action of actions) watching?.note(`governor: ${decision(action)}`);
    return actions;
  };
}

function decision(action: GovernorAction): string {
  if (action.type !== 'write') return action.type;
  const {record} = action.transition;
  return `write ${record === null ? 'absent' : record.state}`;
}
