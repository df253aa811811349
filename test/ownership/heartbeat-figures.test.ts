/** The protocol's figures as it writes them down, and what one heartbeat asks of the store. */
import {describe, expect, it} from 'vitest';
import {actingMs, heartbeatIntervalMs, silenceMs} from '../../src/model/container.ts';
import type {HeartbeatIdentity} from '../../src/model/container.ts';
import {HeartbeatMachine} from '../../src/ownership/heartbeat.ts';
import type {HeartbeatWrite} from '../../src/ownership/heartbeat.ts';

function machineOf(ttlMs: number, everyMs?: () => number): HeartbeatMachine {
  let nonces = 0;
  const identity: HeartbeatIdentity = {
    ...{v: 1, container: 'c', ttlMs, endpoint: '', host: '', pid: 1, bootId: '', zone: ''},
    ...{labels: {}, version: '', sdk: ''},
  };
  return new HeartbeatMachine('inc', identity, () => `n${(nonces += 1)}`, everyMs);
}

function due(machine: HeartbeatMachine, nowMs: number): HeartbeatWrite {
  const write = machine.due(nowMs);
  if (write === undefined) throw new Error(`nothing is due at ${nowMs}`);
  return write;
}

/** At this moment an attempt is sent and committed. */
function beat(machine: HeartbeatMachine, nowMs: number, revision: number): void {
  machine.answered(due(machine, nowMs), {kind: 'committed', revision}, nowMs);
}

describe('the figures of a heartbeat', () => {
  it('are T(1-rho)-eps to act, T(1+rho)+eps to evict, T/5 between two', () => {
    expect([3_000, 10_000, 60_000].map(actingMs)).toEqual([2_870, 9_800, 59_300]);
    expect([3_000, 10_000, 60_000].map((ttlMs) => silenceMs(ttlMs))).toEqual([
      3_130, 10_200, 60_700,
    ]);
    expect([3_000, 10_000, 60_000].map(heartbeatIntervalMs)).toEqual([600, 2_000, 12_000]);
  });

  it('limit an attempt to T/5, and to 2 s', () => {
    expect(due(machineOf(3_000), 0).timeoutMs).toBeLessThanOrEqual(600);
    expect(due(machineOf(60_000), 0).timeoutMs).toBeLessThanOrEqual(2_000);
  });

  it('are those of the probe where that is needed more often', () => {
    const machine = machineOf(10_000, () => 600);
    beat(machine, 0, 1);
    machine.changeState('ready');
    beat(machine, 20, 2);
    expect(machine.due(619)).toBeUndefined();
    expect(machine.due(620)).toBeDefined();
  });
});

describe('a heartbeat', () => {
  it('that is committed late, after newer ones, takes nothing away', () => {
    const machine = machineOf(10_000);
    const late = due(machine, 0);
    machine.answered(late, {kind: 'unknown'}, 1_000);
    beat(machine, 2_000, 2);
    machine.answered(late, {kind: 'committed', revision: 1}, 2_100);
    expect(machine.deadlineMs).toBe(2_000 + 9_800);
  });

  it('without an answer extends nothing', () => {
    const machine = machineOf(10_000);
    beat(machine, 0, 1);
    expect(machine.answered(due(machine, 2_000), {kind: 'unknown'}, 2_500)).toBe('unanswered');
    expect(machine.deadlineMs).toBe(9_800);
  });

  it('keeps the create revision of the first', () => {
    const machine = machineOf(10_000);
    beat(machine, 0, 7);
    beat(machine, 2_000, 9);
    expect([machine.create, machine.version]).toEqual([7, 9]);
  });

  it('tells a new state at once', () => {
    const machine = machineOf(10_000);
    beat(machine, 0, 7);
    machine.changeState('leaving');
    expect(due(machine, 1).value.state).toBe('leaving');
  });
});
