import {describe, expect, it} from 'vitest';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {recordState, shardStateOf} from '../../src/model/shard-state.ts';
import {FAILED_FROM} from '../../src/model/limits.ts';

const record = (over: Partial<OwnershipRecord>): OwnershipRecord => ({
  ...{v: 1, state: 'owned', container: 'c', incarnation: 'c-1', token: '', ready: false},
  ...{move: null, failures: 0, lastError: ''},
  ...over,
});
const well = {unreadable: false, lost: false, unknown: false, homeless: false};

describe('the state of a record', () => {
  it.each(['assigned', 'owned', 'free'] as const)(
    'is failed only from the limit on: %s',
    (state) => {
      expect(recordState(record({state, failures: FAILED_FROM - 1}))).toBe(state);
      expect(recordState(record({state, failures: FAILED_FROM}))).toBe('failed');
    },
  );

  it('is not failed while it is served, or on its way out', () => {
    expect(recordState(record({ready: true, failures: FAILED_FROM}))).toBe('ready');
    expect(recordState(record({state: 'dropping', failures: FAILED_FROM}))).toBe('dropping');
  });

  it('is unplaced without one', () => {
    expect(recordState(undefined)).toBe('unplaced');
  });
});

describe('the state of a shard', () => {
  it('is quarantined before all else, then unplaced by the loss of its container', () => {
    const ready = record({ready: true});
    expect(shardStateOf(ready, {...well, unreadable: true, lost: true})).toBe('quarantined');
    expect(shardStateOf(ready, {...well, lost: true})).toBe('unplaced');
    expect(shardStateOf(ready, well)).toBe('ready');
  });

  it('is unknown while no write commits, if its record names a container', () => {
    const unknown = {...well, unknown: true};
    for (const over of [{ready: true}, {}, {state: 'assigned'}, {state: 'dropping'}] as const)
      expect(shardStateOf(record(over), unknown)).toBe('unknown');
    expect(shardStateOf(record({state: 'free'}), unknown)).toBe('free');
    expect(shardStateOf(undefined, unknown)).toBe('unplaced');
    expect(shardStateOf(record({ready: true}), {...unknown, lost: true})).toBe('unplaced');
  });

  it('is unplaced when it is free and nobody is its next home', () => {
    const free = record({state: 'free'});
    expect(shardStateOf(free, {...well, homeless: true})).toBe('unplaced');
    expect(shardStateOf(free, well)).toBe('free');
    expect(shardStateOf(record({failures: FAILED_FROM}), {...well, homeless: true})).toBe('failed');
  });
});
