/** What has happened to shards, for the morning after: one event for a cause, with count and a few names, however many there are. */
import {describe, expect, it} from 'vitest';
import {ShardRows} from '../../src/appstate/shard-rows.ts';
import {Chronicle} from '../../src/governor/chronicle.ts';
import {PlanReasons} from '../../src/governor/plan-reasons.ts';
import type {AppEvent} from '../../src/model/audit.ts';
import type {PlacementReason} from '../../src/model/placement.ts';
import {REASONS} from '../../src/planner/row-plan.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {alarmEvents} from '../../src/server/governing/alarm-watcher.ts';
import {decodeEventRound} from '../../src/protocol/records.ts';

const AT = '2026-01-01T00:00:00.000Z';
const AT_MS = Date.parse(AT);

function record(over: Partial<OwnershipRecord>): OwnershipRecord {
  const move = {id: 'm', from: '', to: 'c1', why: 'new shard', startedAt: AT};
  return {
    ...{v: 1, state: 'owned', container: 'c1', incarnation: 'i1', token: '', ready: false},
    ...{move, failures: 0, lastError: '', ...over},
  };
}

function placed(
  chronicle: Chronicle,
  shard: string,
  nowMs: number,
  before: Partial<OwnershipRecord> = {},
): void {
  const after = record({ready: true, move: null});
  chronicle.ownChanged({shard, before: record(before), after}, AT_MS, nowMs);
}

describe('the chronicle', () => {
  it('makes one event of 10,000 first placements', () => {
    const chronicle = new Chronicle();
    for (let at = 0; at < 10_000; at += 1) placed(chronicle, `s${at}`, at / 10);
    expect(chronicle.due(2_000)).toEqual([]);
    const events = chronicle.due(chronicle.wakeAtMs());
    expect(events).toMatchObject([
      {kind: 'shards', what: 'placed', cause: 'new shard', count: 10_000, at: AT},
    ]);
    expect(events[0]?.shards).toHaveLength(10);
    expect(chronicle.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('waits no longer than 10 s while there is more and more', () => {
    const chronicle = new Chronicle();
    placed(chronicle, 's0', 0);
    for (let at = 1; at <= 20; at += 1) placed(chronicle, `s${at}`, at * 1_000);
    expect(chronicle.wakeAtMs()).toBe(10_000);
  });

  it('leaves moves between containers to their own history', () => {
    const chronicle = new Chronicle();
    const move = {id: 'm', from: 'c0', to: 'c1', why: 'balance', startedAt: AT};
    placed(chronicle, 's1', 0, {move});
    expect(chronicle.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells once of a shard that has lost every home, and again only when the reason is another one', () => {
    const rows = new ShardRows();
    for (let at = 0; at < 20; at += 1) rows.take(`s${at}`);
    const reasons = new PlanReasons(rows);
    const chronicle = new Chronicle();
    const plan = (reason: PlacementReason, shards: readonly number[], nowMs: number): void => {
      const shortages = shards.flatMap((row) => [row, REASONS.indexOf(reason), 0]);
      chronicle.planned(
        reasons.take(Int32Array.from(shortages), () => true),
        AT_MS,
        nowMs,
      );
    };
    const all = Array.from({length: 20}, (_, at) => at);
    plan('capacity', [1], 0);
    plan('capacity', [1], 1_000);
    expect(chronicle.due(3_000)).toMatchObject([
      {what: 'unplaced', cause: 'capacity', count: 1, shards: ['s1']},
    ]);
    plan('capacity', [1], 4_000);
    expect(chronicle.due(9_000)).toEqual([]);
    plan('capacity', [], 10_000);
    plan('no-container', [1], 11_000);
    expect(chronicle.due(20_000)).toMatchObject([{cause: 'no-container', count: 1}]);
    plan('no-container', all, 21_000);
    const [event] = chronicle.due(30_000);
    expect(event).toMatchObject({cause: 'no-container', count: 19});
    expect(event?.shards).toHaveLength(10);
  });
});

describe('alarms', () => {
  const stuck = {code: 'STUCK', text: 'drop of s1 on c1 is overdue', since: AT, object: 'c1'};
  const unserved = (shard: string) => ({
    code: 'UNSERVED',
    text: `longest ${shard}`,
    since: AT,
    object: shard,
  });

  it('are events when they are raised and when they end', () => {
    expect(alarmEvents([], {alarms: [stuck], at: AT})).toMatchObject([
      {kind: 'alarm', state: 'raised', code: 'STUCK', object: 'c1'},
    ]);
    expect(alarmEvents([stuck], {alarms: [], at: AT})).toMatchObject([
      {state: 'cleared', since: AT},
    ]);
    expect(alarmEvents([stuck], {alarms: [stuck], at: AT})).toEqual([]);
  });

  it('are the same one while their text changes', () => {
    expect(alarmEvents([unserved('s1')], {alarms: [unserved('s2')], at: AT})).toEqual([]);
    expect(alarmEvents([stuck], {alarms: [{...stuck, text: 'add of s2'}], at: AT})).toEqual([]);
  });
});

it('a round keeps what is known of each kind, and leaves out the rest', () => {
  const events: AppEvent[] = [
    {container: 'c1', incarnation: 'i', at: AT, state: 'ready', before: ''},
    {kind: 'alarm', at: AT, state: 'raised', code: 'BRAKE', text: '', object: '', since: AT},
    {kind: 'shards', at: AT, what: 'placed', cause: 'x', count: 1, shards: ['s']},
    {kind: 'outage', at: AT, since: AT, cause: '', daemon: 'd'},
  ];
  const odd = [{kind: 'newer', at: AT}, {kind: 'shards', at: AT, what: 'placed', cause: ''}, 7];
  expect(decodeEventRound(JSON.stringify([...events, ...odd]))).toEqual({ok: true, value: events});
});
