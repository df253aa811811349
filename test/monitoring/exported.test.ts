/** What a running daemon and a container really export, and that all that is in monitoring/ asks for what is there. */
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {Registry} from 'prom-client';
import {beforeAll, describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {CanaryMetrics} from '../../src/dev/canary-metrics.ts';
import {OwnershipVerdict} from '../../src/dev/verdict.ts';
import {DaemonMetrics} from '../../src/server/metrics/daemon-metrics.ts';
import {processMetrics} from '../../src/container/metrics.ts';
import {ownFolder} from '../support/own-folder.ts';
import {promtool} from './promtool.ts';
import {askedBy, exportedLabels} from './queries.ts';
import {scrapeAll} from './scraped.ts';
import type {Scraped} from './scraped.ts';

const MONITORING = resolve(import.meta.dirname, '../../monitoring');
/** Prometheus gives them to all that it scrapes; cluster, where its configuration says so. */
const SCRAPE_LABELS = ['job', 'instance', 'cluster'];

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}

function rulesOf(file: string): Rule[] {
  const {groups} = parse(readFileSync(join(MONITORING, file), 'utf8')) as {
    groups: {rules: Rule[]}[];
  };
  return groups.flatMap(({rules}) => rules);
}

function dashboardQueries(): string[] {
  const text = readFileSync(join(MONITORING, 'dashboard.json'), 'utf8');
  const {panels} = JSON.parse(text) as {panels: {targets?: {expr: string}[]}[]};
  return panels.flatMap(({targets = []}) => targets.map(({expr}) => expr));
}

/** All there is to ask for: what was scraped, and what the recording rules make of it. */
function known(): Map<string, Set<string>> {
  const all = new Map([...exportedLabels(scraped.daemon), ...exportedLabels(scraped.container)]);
  // What has not happened yet has no series, but its labels are declared.
  const declared = daemonMetrics().registry.getMetricsAsArray();
  for (const metric of [...declared, ...processMetrics.registry.getMetricsAsArray()]) {
    const {name, labelNames = []} = metric as unknown as {name: string; labelNames?: string[]};
    for (const label of labelNames)
      for (const end of ['', '_bucket', '_sum', '_count']) all.get(name + end)?.add(label);
  }
  all.set('up', new Set());
  for (const {record = '', expr} of rulesOf('recording.yml')) {
    const {grouped} = askedBy(expr);
    all.set(record, new Set(grouped.filter((label) => label !== 'le')));
  }
  return all;
}

/** All that a daemon may export. */
function daemonMetrics(): DaemonMetrics {
  const metrics = new DaemonMetrics();
  const [yes, no] = [() => true, () => false];
  metrics.watch({
    ...{version: '1', figures: () => new Map(), governed: () => [], nowMs: () => 0},
    ...{leads: yes, ready: yes, restored: no, certificates: () => new Map()},
    plannerLosses: () => 0,
    ...{breaks: () => ({now: 0, ever: 0}), writes: () => ({committing: true, lastMs: 0})},
  });
  return metrics;
}

/** What the query asks for that is not there. */
function missing(query: string, all: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const {metrics, grouped} = askedBy(query);
  const labelsOf = (name: string): ReadonlySet<string> =>
    new Set([...(all.get(name) ?? []), ...SCRAPE_LABELS]);
  const made = [...query.matchAll(/label_replace\(.*?, "(\w+)"/g)].map(([, label = '']) => label);
  const any = new Set([...metrics.flatMap(({name}) => [...labelsOf(name)]), ...made]);
  return [
    ...metrics.filter(({name}) => !all.has(name)).map(({name}) => name),
    ...metrics.flatMap(({name, labels}) =>
      labels.filter((label) => !labelsOf(name).has(label)).map((label) => `${name}{${label}}`),
    ),
    ...grouped.filter((label) => !any.has(label)),
  ];
}

function bare(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}

let folder: string;
let scraped: Scraped;

beforeAll(async () => {
  folder = ownFolder('scrape');
  scraped = await scrapeAll(join(folder, 'data'));
});

describe('promtool', () => {
  it.each(['daemon', 'container'] as const)('finds nothing to say of what a %s exports', (who) => {
    expect(promtool(['check', 'metrics'], scraped[who])).toEqual({code: 0, output: ''});
  });
});

describe('every query', () => {
  it('of the dashboard asks for what a daemon and a container export', () => {
    const all = known();
    const queries = dashboardQueries();
    expect(queries.length).toBeGreaterThan(30);
    expect(queries.map((query) => [query, missing(query, all)])).toEqual(
      queries.map((query) => [query, []]),
    );
  });

  it('of the rules does so, too', () => {
    const all = known();
    for (const {expr} of [...rulesOf('recording.yml'), ...rulesOf('alerts.yml')])
      expect([expr, missing(expr, all)]).toEqual([expr, []]);
  });

  it('that asks for what is not there would be found', () => {
    const all = known();
    expect(missing('sum by (shard) (sm_app_shards{status="ready"})', all)).toEqual([
      'sm_app_shards{status}',
      'shard',
    ]);
    expect(missing('sm_app_shardz', all)).toEqual(['sm_app_shardz']);
  });

  it('asks for each metric of sm, or an operator would not see it', () => {
    const asked = [...dashboardQueries(), ...rulesOf('recording.yml').map(({expr}) => expr)];
    asked.push(...rulesOf('alerts.yml').map(({expr}) => expr));
    const names = new Set(
      asked.flatMap((query) => askedBy(query).metrics.map(({name}) => bare(name))),
    );
    const exported = [...scraped.daemon.matchAll(/^# TYPE (sm_\w+)/gm)];
    exported.push(...scraped.container.matchAll(/^# TYPE (sm_\w+)/gm));
    expect(exported.map(([, name = '']) => name).filter((name) => !names.has(name))).toEqual([]);
  });
});

/** What `sm canary --metrics-port` serves. */
async function canaryText(): Promise<string> {
  const verdict = new OwnershipVerdict().summary;
  const metrics = new CanaryMetrics(() => ({verdict, shards: 1, standing: 0, stallMs: 0}));
  try {
    return await (await fetch(await metrics.listen('127.0.0.1', 0))).text();
  } finally {
    metrics.close();
  }
}

it('each metric of sm is described in docs/operating.md, and no other', async () => {
  const document = readFileSync(resolve(MONITORING, '../docs/operating.md'), 'utf8');
  const described = [...document.matchAll(/`(sm_[a-z_]+)`/g)].map(([, name = '']) => name);
  const exported = [scraped.daemon, scraped.container, await canaryText()].flatMap((text) =>
    [...text.matchAll(/^# TYPE (sm_\w+)/gm)].map(([, name = '']) => name),
  );
  expect([...new Set(described)].filter((name) => name !== 'sm_docs').sort()).toEqual(
    exported.sort(),
  );
});

describe('a daemon', () => {
  it('tells the shards, containers, moves and gaps of its apps', () => {
    for (const [series, value] of [
      ['sm_app_shards{app="orders",state="ready"}', 2],
      ['sm_app_shards{app="sm.test",state="ready"}', 1],
      ['sm_app_containers{app="sm.test",state="ready"}', 1],
      ['sm_app_oldest_unserved_seconds{app="orders"}', 0],
      ['sm_governed_apps', 2],
      ['sm_leader', 1],
      ['sm_ready', 1],
      ['sm_store_writes_committing', 1],
      ['sm_embedded_store_out_of_space', 0],
    ] as const)
      expect(scraped.daemon).toContain(`\n${series} ${value}\n`);
    expect(scraped.daemon).toMatch(
      /sm_moves_total\{app="orders",cause="\w+",outcome="failed"\} \d/,
    );
    expect(scraped.daemon).toMatch(/sm_store_request_seconds_count\{operation="write"\} [1-9]/);
    expect(scraped.daemon).toMatch(/sm_embedded_store_sync_seconds_count [1-9]/);
    expect(scraped.daemon).toMatch(/sm_plan_seconds_count\{app="orders"\} [1-9]/);
  });
});

describe('a container', () => {
  it('tells its shards, heartbeats and hooks', () => {
    for (const series of [
      /sm_container_shards\{app="orders",container="c1",state="ready"\} [12]\n/,
      /sm_container_ready\{app="orders",container="c1"\} 1\n/,
      /sm_container_heartbeats_total\{app="orders",container="c1",result="committed"\} [1-9]/,
      /sm_container_hook_seconds_count\{app="orders",container="c2",hook="add",outcome="failed"\} [1-9]/,
      /sm_container_right_to_act_seconds\{app="orders",container="c1"\} [0-3]/,
    ])
      expect(scraped.container).toMatch(series);
  });

  it('can be merged with what the application measures', async () => {
    const own = new Registry();
    const text = await Registry.merge([own, processMetrics.registry]).metrics();
    expect(text).toContain('# TYPE sm_container_shards gauge');
  });
});
