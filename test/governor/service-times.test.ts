/** What metrics are made from: gaps, adds, moves by cause and outcome, and what there is, counted. */
import {describe, expect, it} from 'vitest';
import type {Measurement} from '../../src/governor/service-times.ts';
import {GovernorBed, TTL_MS} from './governor-bed.ts';

const FIRST_PLAN_MS = 3_000;

/** One shard, ready on c1; what was measured on the way is taken. */
function served(containers: readonly string[] = ['c1']): GovernorBed {
  const bed = new GovernorBed(['s1']);
  bed.join('c1');
  bed.pass(FIRST_PLAN_MS, ['c1']);
  bed.claim(['s1']);
  for (const container of containers.slice(1)) bed.join(container);
  bed.pass(1_000, containers);
  bed.governor.reports.service.take();
  return bed;
}

/** Its container's add of s1 resolves. */
function becomesReady(bed: GovernorBed): void {
  const known = bed.own.get('s1')?.value;
  if (known === undefined) throw new Error('s1 has no record');
  bed.record('s1', {...known, ready: true});
}

function ofKind<K extends Measurement['kind']>(bed: GovernorBed, kind: K) {
  return bed.governor.reports.service
    .take()
    .filter((one): one is Extract<Measurement, {kind: K}> => one.kind === kind);
}

describe('a shard', () => {
  it('that is new is not served from the moment it is added until it is ready', () => {
    const bed = new GovernorBed([]);
    bed.join('c1');
    bed.pass(FIRST_PLAN_MS, ['c1']);
    bed.addShard('s1');
    bed.pass(1_000, ['c1']);
    expect(bed.governor.figures(false, bed.nowMs).oldestUnservedMs).toBe(1_000);
    bed.claim(['s1'], false);
    bed.pass(500, ['c1']);
    becomesReady(bed);
    expect(bed.governor.figures(false, bed.nowMs).oldestUnservedMs).toBe(0);
    expect(bed.governor.reports.service.take()).toEqual([
      {kind: 'add', ms: 500},
      {kind: 'gap', cause: 'newShard', ms: 1_500},
    ]);
  });

  it('that moves is not served from the drop on; the move is counted by its cause', () => {
    const bed = served(['c1', 'c2']);
    bed.addShard('s1', {manualContainerId: 'c2'});
    bed.pass(1_000, ['c1', 'c2']);
    expect(bed.governor.reports.service.take()).toEqual([
      {kind: 'moveStarted', cause: 'constraint'},
    ]);
    bed.free(['s1']);
    bed.pass(100, ['c1', 'c2']);
    bed.claim(['s1']);
    const [gap, ...others] = ofKind(bed, 'gap');
    expect(others).toEqual([]);
    expect(gap?.cause).toBe('constraint');
    expect(gap?.ms).toBeGreaterThanOrEqual(1_000);
    expect(gap?.ms).toBeLessThan(1_200);
  });

  it('whose container is lost is not served since the last heartbeat that was heard', () => {
    const bed = served(['c1', 'c2']);
    bed.pass(2 * TTL_MS, ['c2']);
    const [eviction] = bed.evictions;
    if (eviction === undefined) throw new Error('nobody was evicted');
    bed.evicted(eviction);
    const {oldestUnservedMs} = bed.governor.figures(false, bed.nowMs);
    // The last one came a step before.
    expect(oldestUnservedMs).toBe(2 * TTL_MS + 100);
  });

  it('whose container is silent is not served since the last heartbeat that was heard, until it is heard again', () => {
    const bed = served(['c1']);
    bed.pass(2 * TTL_MS);
    const {oldestUnservedMs} = bed.governor.figures(false, bed.nowMs);
    expect(oldestUnservedMs).toBe(2 * TTL_MS + 100);
    bed.heard('c1', 'c1-inc');
    bed.pass(1_500, ['c1']);
    expect(bed.governor.figures(false, bed.nowMs).oldestUnservedMs).toBe(0);
    const [gap, ...others] = ofKind(bed, 'gap');
    expect(others).toEqual([]);
    expect(gap?.ms).toBeGreaterThanOrEqual(2 * TTL_MS);
  });

  it('is not missed while the first listing has brought its record, but not yet the heartbeat of its container', () => {
    const {view} = served().governor;
    const next = new GovernorBed(['s1'], {listed: false});
    const [spec, record, heartbeat] = [
      view.spec,
      view.own.get('s1'),
      view.heartbeats.get('c1-inc'),
    ];
    if (spec === undefined || record === undefined || heartbeat === undefined)
      throw new Error('s1 is not served');
    const own = {kind: 'own', mod: record.mod, shard: 's1', entry: record} as const;
    next.governor.changed(own, next.nowMs);
    next.pass(500);
    next.governor.listings.take(
      [
        {kind: 'spec', mod: spec.mod, entry: spec},
        {kind: 'shard', mod: 500, shard: 's1', entry: view.shards.get('s1')},
        own,
        {kind: 'heartbeat', mod: heartbeat.mod, incarnation: 'c1-inc', entry: heartbeat},
        {kind: 'id', mod: 500, container: 'c1', incarnation: 'c1-inc'},
      ],
      500,
      next.nowMs,
    );
    next.pass(500, ['c1']);
    expect(next.governor.figures(false, next.nowMs).oldestUnservedMs).toBe(0);
    expect(ofKind(next, 'gap')).toEqual([]);
  });

  it('that is removed is not missed', () => {
    const bed = served();
    bed.removeShard('s1');
    bed.pass(1_000, ['c1']);
    bed.free(['s1']);
    bed.pass(1_000, ['c1']);
    expect(bed.governor.figures(false, bed.nowMs).oldestUnservedMs).toBe(0);
    expect(ofKind(bed, 'gap')).toEqual([]);
  });

  it('of an app that is being removed is not missed', () => {
    const bed = new GovernorBed(['s1']);
    bed.pass(FIRST_PLAN_MS);
    expect(bed.governor.figures(false, bed.nowMs).oldestUnservedMs).toBe(FIRST_PLAN_MS);
    bed.respec({deleting: true});
    expect(bed.governor.figures(false, bed.nowMs).oldestUnservedMs).toBe(0);
  });

  it('whose add fails on the way is a move that failed, and its gap goes on', () => {
    const bed = served(['c1', 'c2']);
    bed.addShard('s1', {manualContainerId: 'c2'});
    bed.pass(100, ['c1', 'c2']);
    bed.free(['s1']);
    bed.pass(100, ['c1', 'c2']);
    bed.claim(['s1'], false);
    bed.free(['s1'], 'no disk');
    expect(ofKind(bed, 'moveEnded')).toEqual([
      {kind: 'moveEnded', cause: 'constraint', outcome: 'failed'},
    ]);
    expect(bed.governor.figures(false, bed.nowMs).oldestUnservedMs).toBeGreaterThan(0);
  });
});

describe('the figures', () => {
  it('count shards and containers by every state, and containers that are wanted', () => {
    const bed = new GovernorBed(['s1', 's2', 's3'], {maxShardCount: 2});
    bed.join('c1');
    bed.pass(FIRST_PLAN_MS, ['c1']);
    bed.claim(bed.unclaimed('c1'));
    bed.pass(1_000, ['c1']);
    const figures = bed.governor.figures(false, bed.nowMs);
    expect(figures.shards).toMatchObject({ready: 2, unplaced: 1, failed: 0});
    expect(figures.containers).toMatchObject({ready: 1, silent: 0});
    expect(figures.wantedContainers).toBe(2);
    expect(bed.governor.figures(true, bed.nowMs).shards).toMatchObject({unknown: 2, ready: 0});
  });

  it('tell alarms by code', () => {
    const bed = served();
    bed.heard('c1', 'c1-inc', {overdue: [{hook: 'drop', shard: 's1'}]});
    bed.pass(1_500);
    expect(bed.governor.figures(false, bed.nowMs).alarms).toEqual({STUCK: 1});
  });
});
