/** What governors report, as counters and histograms by app. */
import {Counter, Histogram} from 'prom-client';
import type {Registry} from 'prom-client';
import type {LoadFaultCounts} from '../../load/load-faults.ts';
import type {Measurement, MoveKind} from '../../governor/service-times.ts';
import type {GovernorMeter} from '../governing/meter.ts';
import {AppLabels} from './app-labels.ts';
import {ADD_BUCKETS_SECONDS, GAP_BUCKETS_SECONDS, PLAN_BUCKETS_SECONDS} from './buckets.ts';

/** Why a shard was not served, in few words: a histogram has many series. */
export type GapCause = 'planned' | 'lost' | 'failed' | 'new' | 'other';

const GAP_CAUSES: Readonly<Record<MoveKind, GapCause>> = {
  balance: 'planned',
  load: 'planned',
  shardLimit: 'planned',
  constraint: 'planned',
  drain: 'planned',
  leaving: 'planned',
  redirected: 'planned',
  taskChanged: 'planned',
  removed: 'planned',
  lost: 'lost',
  addFailed: 'failed',
  newShard: 'new',
  adopted: 'new',
  unplaced: 'new',
  other: 'other',
};

type Series = Counter | Histogram;

export class GovernorMetrics implements GovernorMeter {
  readonly labels: AppLabels;
  private readonly starts: Counter<'app'>;
  private readonly movesStarted: Counter<'app' | 'cause'>;
  private readonly movesEnded: Counter<'app' | 'cause' | 'outcome'>;
  private readonly gaps: Histogram<'app' | 'cause'>;
  private readonly adds: Histogram<'app'>;
  private readonly plans: Histogram<'app'>;
  private readonly faults: Counter<'app' | 'fault'>;
  private readonly governed: () => readonly string[];

  /** `governed`: the apps that this daemon governs now. `most`: apps with series of their own. */
  constructor(registry: Registry, governed: () => readonly string[], most?: number) {
    const registers = [registry];
    this.governed = governed;
    this.labels = new AppLabels((app) => this.removeSeries(app), most);
    const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter({name, help, labelNames: [...labelNames], registers});
    const histogram = <L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[],
      buckets: readonly number[],
    ) => new Histogram({name, help, labelNames: [...labelNames], buckets: [...buckets], registers});
    this.starts = counter('sm_governor_starts_total', 'Starts of governors on this daemon', [
      'app',
    ]);
    this.movesStarted = counter('sm_moves_started_total', 'Moves that have begun, by cause', [
      'app',
      'cause',
    ]);
    this.movesEnded = counter('sm_moves_total', 'Moves that have ended, by cause and outcome', [
      'app',
      'cause',
      'outcome',
    ]);
    this.gaps = histogram(
      'sm_shard_gap_seconds',
      'How long a shard was not served until it was again; cause: planned, lost, failed, new or other',
      ['app', 'cause'],
      GAP_BUCKETS_SECONDS,
    );
    this.adds = histogram(
      'sm_shard_add_seconds',
      'From a claim until the add of the application has resolved',
      ['app'],
      ADD_BUCKETS_SECONDS,
    );
    this.faults = counter(
      'sm_load_faults_total',
      'Invalid loads that containers reported, by fault; they are not used',
      ['app', 'fault'],
    );
    this.plans = histogram(
      'sm_plan_seconds',
      'Time to compute a plan',
      ['app'],
      PLAN_BUCKETS_SECONDS,
    );
  }

  started(app: string): void {
    this.labels.begin(app, new Set(this.governed()));
    this.starts.inc({app: this.labels.of(app)});
  }

  planned(app: string, ms: number): void {
    this.plans.observe({app: this.labels.of(app)}, ms / 1_000);
  }

  measured(app: string, measurements: readonly Measurement[]): void {
    const label = this.labels.of(app);
    for (const measurement of measurements) this.note(label, measurement);
  }

  loadFaults(app: string, counts: LoadFaultCounts): void {
    const label = this.labels.of(app);
    for (const [fault, count] of Object.entries(counts))
      this.faults.inc({app: label, fault}, count);
  }

  private note(app: string, measurement: Measurement): void {
    switch (measurement.kind) {
      case 'moveStarted':
        return this.movesStarted.inc({app, cause: measurement.cause});
      case 'moveEnded':
        return this.movesEnded.inc({app, cause: measurement.cause, outcome: measurement.outcome});
      case 'gap':
        return this.gaps.observe(
          {app, cause: GAP_CAUSES[measurement.cause]},
          measurement.ms / 1_000,
        );
      case 'add':
        return this.adds.observe({app}, measurement.ms / 1_000);
    }
  }

  private removeSeries(app: string): void {
    const {starts, movesStarted, movesEnded, gaps, adds, plans, faults} = this;
    for (const series of [starts, movesStarted, movesEnded, gaps, adds, plans, faults])
      void removeOf(series as Series, app);
  }
}

async function removeOf(series: Series, app: string): Promise<void> {
  const {values} = await series.get();
  const gone = new Map<string, Record<string, string>>();
  for (const {labels} of values) {
    const {le: _bucket, ...own} = labels as Record<string, string>;
    if (own['app'] === app) gone.set(JSON.stringify(own), own);
  }
  for (const labels of gone.values()) series.remove(labels);
}
