/** What is known of a record and what the store is asked, as the tables of shard-record.ts say; the machine is asked through its doors. */
import {describe, expect, it} from 'vitest';
import type {OwnershipRecord, OwnershipState} from '../../src/model/ownership.ts';
import type {ShardAction, ShardContext} from '../../src/ownership/shard-actions.ts';
import {ShardMachine} from '../../src/ownership/shard-machine.ts';
import {justOwned, mustFree} from '../../src/ownership/shard-record.ts';
import {SHARD_CONTEXT, specOf} from './session-bed.ts';

function record(state: OwnershipState, incarnation = 'i1'): OwnershipRecord {
  return {
    ...{v: 1, container: 'c1', incarnation, token: '', ready: false, move: null},
    ...{state, failures: 0, lastError: ''},
  };
}

const own = (state: OwnershipState, mod: number) => ({value: record(state), mod, create: 3});

class Bed {
  private ops = 0;
  readonly machine = new ShardMachine('s', 0, () => (this.ops += 1));

  advance(context: Partial<ShardContext> = {}, nowMs = 0): ShardAction[] {
    return this.machine.advance({...SHARD_CONTEXT, ...context}, nowMs);
  }

  /** Reads the record, and finds it so. */
  read(state: OwnershipState, mod: number, context: Partial<ShardContext> = {}): void {
    this.machine.reconcile();
    const [action] = this.advance(context);
    if (action?.type !== 'read') throw new Error('no read was sent');
    const reading = {revision: mod, own: own(state, mod), spec: specOf('s')};
    this.machine.readAnswered(action.op, reading, {...SHARD_CONTEXT, ...context}, 0);
  }
}

describe('what is known of the record', () => {
  it.each([
    ['assigned', false],
    ['owned', true],
    ['dropping', true],
    ['free', false],
  ] as const)('found %s: owned is %s', (state, isOwned) => {
    const bed = new Bed();
    bed.read(state, 10);
    expect(bed.machine.owned !== undefined).toBe(isOwned);
  });

  it('is nothing once the heartbeat is gone, whatever it was', () => {
    for (const state of ['assigned', 'owned', 'dropping'] as const) {
      const bed = new Bed();
      bed.read(state, 10, {acting: false});
      bed.machine.lose();
      expect(bed.machine.owned).toBeUndefined();
      expect(bed.machine.gone).toBe(true);
      expect(bed.machine.idle).toBe(true);
    }
  });

  it('is offered only until a claim of it is refused', () => {
    const bed = new Bed();
    bed.read('assigned', 10);
    const [claim] = bed.advance();
    if (claim?.type !== 'write') throw new Error('no claim was sent');
    bed.machine.writeAnswered(claim.op, {kind: 'refused'}, 0);
    expect(bed.machine.idle).toBe(false);
    const [read] = bed.advance();
    expect(read).toMatchObject({type: 'read', ordered: false});
  });

  it('is mine for good or ill by a claim, and what was of the claim before is forgotten', () => {
    const fresh = justOwned(own('owned', 12));
    expect(mustFree(fresh, SHARD_CONTEXT)).toBe(false);
    expect(mustFree({...fresh, freeing: true}, SHARD_CONTEXT)).toBe(true);
    expect(mustFree({...fresh, failure: 'no disk'}, SHARD_CONTEXT)).toBe(true);
    expect(mustFree(fresh, {...SHARD_CONTEXT, releasing: 'leaving'})).toBe(true);
    expect(mustFree(justOwned(own('dropping', 12)), SHARD_CONTEXT)).toBe(true);
  });
});

describe('what the store is asked', () => {
  it('is one thing at a time, and a claim without an answer is read in order until one comes', () => {
    const bed = new Bed();
    bed.read('assigned', 10);
    const [claim] = bed.advance();
    if (claim?.type !== 'write') throw new Error('no claim was sent');
    expect(bed.advance()).toEqual([]);
    bed.machine.writeAnswered(claim.op, {kind: 'unknown'}, 0);
    expect(bed.machine.gone).toBe(false);
    let nowMs = 0;
    for (let tries = 0; tries < 3; tries += 1) {
      nowMs = bed.machine.wakeAtMs(SHARD_CONTEXT);
      const [read] = bed.advance({}, nowMs);
      expect(read).toMatchObject({type: 'read', ordered: true});
      if (read?.type === 'read') bed.machine.readAnswered(read.op, undefined, SHARD_CONTEXT, nowMs);
      expect(bed.machine.gone).toBe(false);
    }
    nowMs = bed.machine.wakeAtMs(SHARD_CONTEXT);
    const [read] = bed.advance({}, nowMs);
    if (read?.type !== 'read') throw new Error('no read was sent');
    const elsewhere = {value: record('owned', 'i2'), mod: 20, create: 3};
    const reading = {revision: 20, own: elsewhere, spec: specOf('s')};
    bed.machine.readAnswered(read.op, reading, SHARD_CONTEXT, nowMs);
    expect(bed.machine.gone).toBe(true);
  });

  it('is nothing while the store is doubted', () => {
    const bed = new Bed();
    bed.machine.reconcile();
    expect(bed.advance({halted: true})).toEqual([]);
    expect(bed.advance()).toMatchObject([{type: 'read', ordered: false}]);
  });
});
