import {describe, expect, it} from 'vitest';
import type {ContainerState} from '../../src/model/container.ts';
import {fittingStatus, shownText} from '../../src/governor/status-size.ts';
import type {FullStatus} from '../../src/governor/status-size.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {GovernorBed} from './governor-bed.ts';
import {STATUS_LIMIT_BYTES} from '../../src/governor/limits.ts';

const AT = '2026-01-01T00:00:00.000Z';

/** Names as long as they may be: 128 characters for containers, 200 bytes (50 characters of four) for shards. */
function containerId(at: number): string {
  return `c${String(at).padStart(126, '-')}c`;
}

function shardId(at: number): string {
  return `${'𝔸'.repeat(48)}${String(at).padStart(8, '0')}`;
}

function list<T>(count: number, item: (at: number) => T): T[] {
  return Array.from({length: count}, (_, at) => item(at));
}

function fullStatus(counts: FullStatus['totals'], state: ContainerState = 'silent'): FullStatus {
  const incarnation = 'f'.repeat(32);
  return {
    ...{governor: containerId(0), at: AT, settled: false, totals: counts},
    containers: list(counts.containers, (at) => [
      containerId(at),
      {state, since: AT, incarnation, note: ''},
    ]),
    unplaced: list(counts.unplaced, (at) => ({shard: shardId(at), reason: 'capacity'})),
    failed: list(counts.failed, (at) => ({
      ...{shard: shardId(at), failures: 7},
      lastError: shownText('"\\é'.repeat(400)),
    })),
    quarantined: list(counts.quarantined, (at) => ({
      ...{key: `shard/${shardId(at)}`, problem: shownText('ß'.repeat(1_000))},
    })),
    alarms: list(counts.alarms, (at) => ({
      ...{code: 'STUCK', since: AT, text: shownText(`add of ${shardId(at)} on ${containerId(at)}`)},
    })),
  };
}

const sizeOf = (status: object): number => Buffer.byteLength(encodeRecord(status));

describe('a summary', () => {
  it('stays below 64 KB in bytes with everything full of the longest names, and its counts stay exact', () => {
    const totals = {containers: 1_000, unplaced: 500, failed: 100, quarantined: 100, alarms: 100};
    const status = fittingStatus(fullStatus(totals));
    expect(sizeOf(status)).toBeLessThanOrEqual(STATUS_LIMIT_BYTES);
    expect(sizeOf(status)).toBeGreaterThan(STATUS_LIMIT_BYTES / 2);
    const containers = Object.keys(status.containers).length;
    expect(containers).toBeGreaterThan(50);
    expect(containers + (status.omitted?.containers ?? 0)).toBe(totals.containers);
    expect(status.unplacedCount).toBe(500);
    for (const name of ['unplaced', 'failed', 'quarantined'] as const)
      expect(status[name].length + (status.omitted?.[name] ?? 0)).toBe(totals[name]);
    expect(status.alarms[0]?.code).toBe('SUMMARY_CUT');
    expect(status.alarms[0]?.text).toContain(`${status.omitted?.containers} of 1000 containers`);
  });

  it('gives the room that some lists do not need to the others', () => {
    const none = {containers: 0, unplaced: 0, failed: 0, quarantined: 0, alarms: 0};
    const status = fittingStatus(fullStatus({...none, containers: 220}));
    expect(status.omitted).toBeUndefined();
    expect(Object.keys(status.containers)).toHaveLength(220);
    const unplaced = fittingStatus(fullStatus({...none, unplaced: 500}));
    expect(unplaced.unplaced.length).toBeGreaterThan(200);
    expect(unplaced.alarms).toEqual([]);
    expect(sizeOf(unplaced)).toBeLessThanOrEqual(STATUS_LIMIT_BYTES);
  });

  it('leaves out one giant item and keeps those behind it', () => {
    const none = {containers: 0, unplaced: 0, failed: 0, quarantined: 0, alarms: 0};
    const full = fullStatus({...none, unplaced: 2});
    const status = fittingStatus({
      ...full,
      unplaced: [{shard: 'x'.repeat(70_000), reason: 'capacity'}, ...full.unplaced.slice(1)],
    });
    expect(status.unplaced.map(({shard}) => shard)).toEqual([shardId(1)]);
    expect(status.omitted).toEqual({unplaced: 1});
  });

  it('never cuts a character in two', () => {
    const text = shownText(`x${'𝔸'.repeat(400)}`);
    expect(Buffer.from(text).toString()).toBe(text);
    expect(text.endsWith('…')).toBe(true);
    expect(shownText('short')).toBe('short');
  });
});

describe('the summary of a governor', () => {
  it('shows silent containers rather than leaving ones, and stays small with hundreds of both', () => {
    const bed = new GovernorBed(list(300, shardId));
    for (let at = 0; at < 400; at += 1) {
      bed.join(containerId(at));
      if (at % 2 === 1) bed.beat(containerId(at), 'leaving');
    }
    bed.pass(5_000);
    const {status} = bed;
    expect(status).toBeDefined();
    expect(sizeOf(status ?? {})).toBeLessThanOrEqual(STATUS_LIMIT_BYTES);
    const states = Object.values(status?.containers ?? {}).map(({state}) => state);
    expect(states.length + (status?.omitted?.containers ?? 0)).toBe(400);
    expect(states.slice(0, 100).every((state) => state === 'suspect')).toBe(true);
  });
});
