/** What /metrics says of a daemon and of what it governs, with labels that stay few. */
import {Registry} from 'prom-client';
import {describe, expect, it} from 'vitest';
import type {GovernedFigures} from '../../../src/governor/figures.ts';
import {CONTAINER_STATES, SHARD_STATES} from '../../../src/model/trouble.ts';
import {registerAppGauges} from '../../../src/server/metrics/app-gauges.ts';
import {DaemonMetrics} from '../../../src/server/metrics/daemon-metrics.ts';
import {GovernorMetrics} from '../../../src/server/metrics/governor-metrics.ts';
import {FIGURES_FRESH_MS} from '../../../src/server/metrics/limits.ts';

const NO_SHARDS = Object.fromEntries(SHARD_STATES.map((state) => [state, 0]));
const NO_CONTAINERS = Object.fromEntries(CONTAINER_STATES.map((state) => [state, 0]));

function figures(over: Partial<GovernedFigures> = {}): GovernedFigures {
  return {
    shards: NO_SHARDS as GovernedFigures['shards'],
    containers: NO_CONTAINERS as GovernedFigures['containers'],
    alarms: {},
    ...{oldestUnservedMs: 0, oldestHeartbeatMs: 0, movesInFlight: 0, movesQueued: 0},
    ...{imbalance: 0, wantedContainers: 0, paused: false, settled: true, loads: []},
    ...over,
  };
}

function ready(count: number): GovernedFigures['shards'] {
  return {...NO_SHARDS, ready: count} as GovernedFigures['shards'];
}

describe('a daemon', () => {
  it('tells how it is as of the moment of asking', async () => {
    const metrics = new DaemonMetrics();
    let breaks = {now: 0, ever: 0};
    let writes = {committing: true, lastMs: 5_000};
    metrics.watch({
      ...{version: '1.2.3', figures: () => new Map(), governed: () => ['a', 'b'], nowMs: () => 0},
      ...{leads: () => true, ready: () => false, restored: () => false},
      certificates: () => new Map([['tls.cert', 9_000]]),
      breaks: () => breaks,
      plannerLosses: () => 2,
      writes: () => writes,
    });
    const before = (await metrics.registry.metrics()).split('\n');
    expect(before).toContain('sm_governor_breaks_total 0');
    expect(before).toContain('sm_leader 1');
    breaks = {now: 1, ever: 3};
    writes = {committing: false, lastMs: 5_000};
    metrics.storeCall({operation: 'write', ms: 3, code: ''});
    metrics.storeCall({operation: 'read', ms: 3, code: 'STORE_UNAVAILABLE'});
    const lines = (await metrics.registry.metrics()).split('\n');
    for (const line of [
      'sm_governed_apps 2',
      'sm_leader 0', // it cannot write: it may have been replaced and not know it
      'sm_ready 0',
      'sm_broken_governors 1',
      'sm_governor_breaks_total 3',
      'sm_planner_thread_losses_total 2',
      'sm_store_writes_committing 0',
      'sm_store_last_write_timestamp_seconds 5',
      'sm_build_info{version="1.2.3"} 1',
      'sm_certificate_expires_timestamp_seconds{setting="tls.cert"} 9',
      'sm_store_request_seconds_count{operation="write"} 1',
      'sm_store_errors_total{operation="read",code="STORE_UNAVAILABLE"} 1',
    ])
      expect(lines).toContain(line);
  });
});

describe('apps', () => {
  it('show loads by metric, and by container only where the app has series of its own', async () => {
    const registry = new Registry();
    const load = (level: number, most: number) => ({
      ...{metric: 'qps', level, unmeasured: 1},
      containers: [['c1', most] as const],
    });
    const all = new Map([
      ['a', figures({loads: [load(1.5, 70)]})],
      ['b', figures({loads: [load(2, 80)]})],
      ['c', figures({loads: [load(1.1, 90)]})],
    ]);
    const labelOf = (app: string): string => (app === 'a' ? 'a' : 'other');
    registerAppGauges(
      registry,
      () => all,
      labelOf,
      () => 0,
    );
    const lines = (await registry.metrics()).split('\n').filter((line) => /^sm_.*_load/.test(line));
    expect(lines).toEqual([
      'sm_app_load_ratio{app="a",metric="qps"} 1.5',
      'sm_app_load_ratio{app="other",metric="qps"} 2',
      'sm_app_load_unmeasured_shards{app="a",metric="qps"} 1',
      'sm_app_load_unmeasured_shards{app="other",metric="qps"} 2',
      'sm_app_container_load{app="a",container="c1",metric="qps"} 70',
    ]);
  });

  it('are counted by state, and together where they have no series of their own', async () => {
    const registry = new Registry();
    const all = new Map([
      ['a', figures({shards: ready(3), alarms: {STUCK: 2}})],
      ['b', figures({shards: ready(4), oldestUnservedMs: 2_000})],
      ['c', figures({shards: ready(5), oldestUnservedMs: 9_000})],
    ]);
    const labelOf = (app: string): string => (app === 'a' ? 'a' : 'other');
    registerAppGauges(
      registry,
      () => all,
      labelOf,
      () => 0,
    );
    const lines = (await registry.metrics()).split('\n');
    for (const line of [
      'sm_app_shards{app="a",state="ready"} 3',
      'sm_app_shards{app="other",state="ready"} 9',
      'sm_app_shards{app="a",state="unplaced"} 0',
      'sm_app_alarms{app="a",code="STUCK"} 2',
      'sm_app_oldest_unserved_seconds{app="other"} 9',
    ])
      expect(lines).toContain(line);
  });

  it('are counted once for all that scrape within a second', async () => {
    const registry = new Registry();
    let asked = 0;
    let nowMs = 0;
    const look = () => {
      asked += 1;
      return new Map([['a', figures()]]);
    };
    registerAppGauges(
      registry,
      look,
      (app) => app,
      () => nowMs,
    );
    await registry.metrics();
    await registry.metrics();
    expect(asked).toBe(1);
    nowMs = FIGURES_FRESH_MS;
    await registry.metrics();
    expect(asked).toBe(2);
  });

  it('that leave give their series to those that come, and to nobody before', async () => {
    const registry = new Registry();
    const governed = new Set<string>();
    const metrics = new GovernorMetrics(registry, () => [...governed], 2);
    const govern = (app: string): void => {
      governed.add(app);
      metrics.started(app);
      metrics.measured(app, [{kind: 'gap', cause: 'lost', ms: 1_500}]);
    };
    for (const app of ['a', 'b', 'c']) govern(app);
    expect(['a', 'b', 'c'].map((app) => metrics.labels.of(app))).toEqual(['a', 'b', 'other']);
    expect(await registry.metrics()).toContain(
      'sm_shard_gap_seconds_count{app="a",cause="lost"} 1',
    );
    governed.delete('a');
    govern('d');
    await new Promise((resolve) => setImmediate(resolve));
    expect(metrics.labels.of('d')).toBe('d');
    const text = await registry.metrics();
    expect(text).not.toContain('app="a"');
    expect(text).toContain('sm_shard_gap_seconds_sum{app="other",cause="lost"} 1.5');
    expect(text).toContain('sm_shard_gap_seconds_bucket{le="2.5",app="d",cause="lost"} 1');
  });
});
