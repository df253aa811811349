/** Shards that nobody serves for longer than T: an alarm with count, since when, and why; whoever governs. */
import {describe, expect, it} from 'vitest';
import type {Alarm, AppStatus} from '../../src/model/status.ts';
import {drop} from '../../src/ownership/transitions.ts';
import {GovernorBed, TTL_MS} from './governor-bed.ts';

const FIRST_PLAN_MS = 3_000;
const shards = ['s1', 's2', 's3', 's4'];

function unserved(bed: GovernorBed): Alarm | undefined {
  return bed.status?.alarms.find(({code}) => code === 'UNSERVED');
}

/** All shards ready on `a`. */
function served(): GovernorBed {
  const bed = new GovernorBed(shards);
  bed.join('a');
  bed.pass(FIRST_PLAN_MS, ['a']);
  bed.claim(bed.unclaimed('a'));
  bed.pass(2 * TTL_MS, ['a']);
  expect(unserved(bed)).toBeUndefined();
  return bed;
}

/** Somebody lets a shard go, and the drop does not end. */
function hangDrop(bed: GovernorBed, shard: string): void {
  const known = bed.governor.view.own.get(shard);
  if (known === undefined) throw new Error('no record');
  const startedAt = new Date(bed.nowMs).toISOString();
  const move = {id: 'm', from: 'a', to: '', why: 'operator', startedAt};
  const {record} = drop(shard, known, move, 1);
  if (record !== null) bed.record(shard, record);
}

describe('UNSERVED', () => {
  it('names count, the longest, since when and why of a hung drop, once T has passed', () => {
    const bed = served();
    const atMs = bed.nowMs;
    hangDrop(bed, 's2');
    bed.pass(TTL_MS - 1_500, ['a']);
    expect(unserved(bed)).toBeUndefined();
    bed.pass(3_000, ['a']);
    const alarm = unserved(bed);
    expect(alarm?.object).toBe('s2');
    expect(alarm?.text).toContain('1 of 4 shards not served for longer than 10 s');
    expect(alarm?.text).toContain('longest s2: a has been dropping it since');
    expect(Math.abs(Date.parse(alarm?.since ?? '') - atMs)).toBeLessThanOrEqual(1_000);
    bed.free(['s2']);
    bed.settle();
    bed.claim(bed.unclaimed('a'));
    bed.pass(2_000, ['a']);
    expect(unserved(bed)).toBeUndefined();
  });

  it('is raised for an app without containers, and for a pin to nobody', () => {
    const bed = new GovernorBed(shards);
    bed.pass(2 * TTL_MS);
    expect(unserved(bed)?.text).toContain('4 of 4 shards');
    expect(unserved(bed)?.text).toContain('the app has no container that takes shards');
    const pinned = served();
    pinned.addShard('s5', {manualContainerId: 'nobody'});
    pinned.pass(2 * TTL_MS, ['a']);
    expect(unserved(pinned)).toMatchObject({object: 's5'});
    expect(unserved(pinned)?.text).toContain('it is pinned to nobody, which is not alive');
    pinned.removeShard('s5');
    pinned.pass(2_000, ['a']);
    expect(unserved(pinned)).toBeUndefined();
  });

  it('counts what a silent container had, though its records say that it is ready', () => {
    const bed = served();
    // Nobody else lives, and the store does not take the eviction.
    bed.pass(3 * TTL_MS);
    expect(unserved(bed)?.text).toContain('4 of 4 shards');
    expect(unserved(bed)?.text).toContain('its container a is silent');
    bed.pass(2_000, ['a']);
    expect(unserved(bed)).toBeUndefined();
  });

  it('dates from when all stopped, where a restore was accepted and nobody was heard since', () => {
    const bed = served();
    const sinceMs = bed.nowMs - 600_000;
    bed.governor.view.accepted = {revision: bed.governor.view.newest, sinceMs};
    bed.pass(2_000);
    expect(unserved(bed)).toMatchObject({since: new Date(sinceMs).toISOString()});
    expect(unserved(bed)?.text).toContain('4 of 4 shards');
    expect(unserved(bed)?.text).toContain('its container a is silent');
    bed.pass(2_000, ['a']);
    expect(unserved(bed)).toBeUndefined();
  });

  it('dates from the loss, where a restore was accepted and the container was heard since', () => {
    const bed = served();
    bed.governor.view.accepted = {
      revision: bed.governor.view.newest,
      sinceMs: bed.nowMs - 600_000,
    };
    bed.pass(2_000, ['a']);
    bed.end('a');
    bed.pass(2_000);
    expect(unserved(bed)).toBeUndefined();
    expect(bed.governor.figures(false, bed.nowMs).oldestUnservedMs).toBeLessThan(TTL_MS);
  });

  it('is of one opinion with the metrics: the same shard, since the same instant', () => {
    const bed = served();
    hangDrop(bed, 's2');
    bed.pass(2 * TTL_MS, ['a']);
    const alarmMs = Date.parse(bed.status?.at ?? '') - Date.parse(unserved(bed)?.since ?? '');
    const {oldestUnservedMs} = bed.governor.figures(false, bed.nowMs);
    expect(oldestUnservedMs).toBe(2 * TTL_MS);
    expect(Math.abs(oldestUnservedMs - alarmMs)).toBeLessThanOrEqual(TTL_MS);
    expect(Date.parse(unserved(bed)?.since ?? '')).toBe(bed.nowMs - oldestUnservedMs);
  });

  it('is not raised for an add that takes long but less than T, however many there are', () => {
    const bed = new GovernorBed(shards);
    bed.join('a');
    bed.pass(FIRST_PLAN_MS, ['a']);
    bed.claim(bed.unclaimed('a'), false);
    bed.pass(TTL_MS - FIRST_PLAN_MS - 1_000, ['a']);
    expect(unserved(bed)).toBeUndefined();
  });

  it('goes on under the next governor, which takes it from the summary of the one before', () => {
    const bed = new GovernorBed(shards);
    const sinceMs = bed.nowMs - 60_000;
    const since = new Date(sinceMs).toISOString();
    const last: AppStatus = {
      ...{v: 1, governor: 'd0', at: since, containers: {}, unplacedCount: 0, unplaced: []},
      ...{failed: [], quarantined: [], settled: false},
      alarms: [{code: 'UNSERVED', text: '1 of 4', since, object: 's3'}],
    };
    bed.governor.reports.inherit(last);
    bed.pass(2_000);
    expect(unserved(bed)).toMatchObject({since, object: 's3'});
    expect(unserved(bed)?.text).toContain('1 of 4 shards');
  });
});

describe('STUCK', () => {
  const stuck = (bed: GovernorBed): Alarm | undefined =>
    bed.status?.alarms.find(({code}) => code === 'STUCK');

  it('has lasted since the hook was called, by what the heartbeat says of it, not since its limit has passed', () => {
    const bed = served();
    const calledAtMs = bed.nowMs;
    bed.pass(30_000, ['a']);
    const sentAtMs = 7_000_000;
    const overdue = [{hook: 'drop' as const, shard: 's2', sinceMs: sentAtMs - 30_000}];
    bed.heard('a', 'a-inc', {sentAtMs, overdue});
    bed.pass(1_500);
    const since = stuck(bed)?.since ?? '';
    expect(Math.abs(Date.parse(since) - calledAtMs)).toBeLessThanOrEqual(1_500);
    bed.heard('a', 'a-inc', {sentAtMs: sentAtMs + 5_000, overdue});
    bed.pass(1_500);
    expect(stuck(bed)?.since).toBe(since);
  });

  it('has lasted since it was seen where the container, an older one, does not say', () => {
    const bed = served();
    bed.heard('a', 'a-inc', {overdue: [{hook: 'drop', shard: 's2'}]});
    const seenMs = bed.nowMs;
    bed.pass(1_500);
    expect(Math.abs(Date.parse(stuck(bed)?.since ?? '') - seenMs)).toBeLessThanOrEqual(1_500);
  });
});
