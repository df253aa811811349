/** The table above HookState is what the machine does: each change is a row of it, and each row happens. */
import {expect, it} from 'vitest';
import type {OwnershipState} from '../../src/model/ownership.ts';
import type {ShardContext} from '../../src/ownership/shard-actions.ts';
import {ShardMachine} from '../../src/ownership/shard-machine.ts';
import {SHARD_CONTEXT, specOf} from './session-bed.ts';
import {changesSeen, rowsIn} from './table-walk.ts';

/** No hook is ever late: `phase` is the state alone. */
const CONTEXT: ShardContext = {...SHARD_CONTEXT, addTimeoutMs: 1e12, dropTimeoutMs: 1e12};

const STEPS = {
  owned: 6,
  dropping: 2,
  other: 1,
  lose: 1,
  added: 6,
  addThrows: 2,
  dropped: 4,
  dropThrows: 2,
  work: 2,
  idle: 3,
  wait: 3,
  stop: 1,
  go: 2,
} as const;
type Step = keyof typeof STEPS;

class Walk {
  readonly seen = new Set<string>();
  private readonly machine = new ShardMachine('s', 0, () => (this.op += 1));
  private context = CONTEXT;
  private op = 0;
  private mod = 1;
  private handle = 0;
  private nowMs = 0;

  take(step: Step): void {
    this.watch(() => this.apply(step));
    this.watch(() => {
      for (const action of this.machine.advance(this.context, this.nowMs))
        if (action.type === 'add') this.handle = action.handle;
    });
  }

  private watch(change: () => void): void {
    const before = this.machine.phase;
    change();
    const after = this.machine.phase;
    if (before !== after) this.seen.add(`${before} ${after}`);
  }

  private apply(step: Step): void {
    const {machine, handle, nowMs} = this;
    if (step === 'owned' || step === 'dropping') this.read(step, 'i1');
    else if (step === 'other') this.read('owned', 'i2');
    else if (step === 'lose') machine.lose();
    else if (step === 'added') machine.addSettled(handle, undefined, nowMs);
    else if (step === 'addThrows') machine.addSettled(handle, 'no', nowMs);
    else if (step === 'dropped') machine.dropSettled(handle, undefined, nowMs);
    else if (step === 'dropThrows') machine.dropSettled(handle, 'no', nowMs);
    else if (step === 'work') machine.workChanged(handle, 1);
    else if (step === 'idle') machine.workChanged(handle, 0);
    else if (step === 'wait') this.nowMs += 60_000;
    else this.context = {...CONTEXT, acting: step === 'go'};
  }

  /** The record as it is read now; an earlier question is answered with a failure first. */
  private read(state: OwnershipState, incarnation: string): void {
    const {machine, context} = this;
    machine.writeAnswered(this.op, {kind: 'refused'}, this.nowMs);
    machine.readAnswered(this.op, undefined, context, this.nowMs);
    this.nowMs += 60_000;
    machine.reconcile();
    const [read] = machine.advance(context, this.nowMs).filter(({type}) => type === 'read');
    if (read?.type !== 'read') return;
    this.mod += 1;
    const value = {
      ...{v: 1, container: 'c1', token: '', ready: false, move: null, failures: 0, lastError: ''},
      ...{state, incarnation},
    };
    const own = {value, mod: this.mod, create: 1};
    machine.readAnswered(read.op, {revision: this.mod, own, spec: specOf('s')}, context, 0);
  }
}

it('is a row of the table, or two of them over none, for whatever happens; and no row is idle', () => {
  const rows = rowsIn('ownership/shard-actions.ts');
  expect(rows.length).toBeGreaterThan(8);
  const allowed = new Set(rows);
  // A shard that has stopped may be added again in the same turn.
  if (allowed.has('settling none') && allowed.has('none adding')) allowed.add('settling adding');
  const walks = {steps: STEPS, minLength: 20, numRuns: 500, allowed};
  const seen = changesSeen(walks, () => new Walk());
  expect(rows.filter((row) => !seen.has(row))).toEqual([]);
});
