/** All that a daemon measures, in one registry: of itself, of the apps it governs, of its store. */
import {collectDefaultMetrics, Counter, Gauge, Histogram, Registry} from 'prom-client';
import type {StoreFigures} from '../../embedded/index.ts';
import {callMetrics} from '../../etcd/call-metrics.ts';
import type {StoreCall} from '../../etcd/connection.ts';
import {lostAuditLines} from '../../runtime/audit-file.ts';
import {lostLogLines} from '../../runtime/log-output.ts';
import type {GovernorMeter} from '../governing/meter.ts';
import {registerAppGauges} from './app-gauges.ts';
import type {FiguresByApp} from './app-gauges.ts';
import {SYNC_BUCKETS_SECONDS} from './buckets.ts';
import {GovernorMetrics} from './governor-metrics.ts';

/** What is asked of the daemon at a scrape. */
export interface DaemonSources {
  readonly version: string;
  readonly figures: () => FiguresByApp;
  /** Apps that are governed here. */
  readonly governed: () => readonly string[];
  readonly leads: () => boolean;
  readonly ready: () => boolean;
  /** Governors that have broken and are not well again, and how often any has. */
  readonly breaks: () => {readonly now: number; readonly ever: number};
  /** Times that a planner thread has ended by itself. */
  readonly plannerLosses: () => number;
  readonly writes: () => {readonly committing: boolean; readonly lastMs: number};
  /** etcd was restored or replaced, and nobody has accepted that. */
  readonly restored: () => boolean;
  /** When certificates end, Unix time in ms, by the setting that names their file. */
  readonly certificates: () => ReadonlyMap<string, number>;
  readonly nowMs: () => number;
}

export class DaemonMetrics {
  readonly registry = new Registry();
  readonly governors: GovernorMeter;
  /** One call to the store has ended. */
  readonly storeCall: (call: StoreCall) => void;
  private readonly labelOf: (app: string) => string;
  private governed: () => readonly string[] = () => [];
  private adminRefused = 0;

  constructor() {
    const governors = new GovernorMetrics(this.registry, () => this.governed());
    this.governors = governors;
    this.labelOf = (app) => governors.labels.of(app);
    this.storeCall = callMetrics(this.registry, 'sm');
    this.counter('sm_log_lines_lost_total', LOST_LINES, lostLogLines);
    this.counter('sm_audit_lines_lost_total', LOST_AUDIT, lostAuditLines);
    this.counter('sm_admin_connections_refused_total', ADMIN_REFUSED, () => this.adminRefused);
  }

  /** A connection to the admin API was closed: it had as many as it takes. */
  adminConnectionRefused(): void {
    this.adminRefused += 1;
  }

  /** The daemon is there: what is asked of it at a scrape. */
  watch(sources: DaemonSources): void {
    this.governed = sources.governed;
    collectDefaultMetrics({register: this.registry});
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    registerAppGauges(this.registry, sources.figures, this.labelOf, sources.nowMs);
    const unlabelled = (): number =>
      sources.governed().filter((app) => this.labelOf(app) !== app).length;
    const {writes, leads, ready, restored} = sources;
    this.gauge('sm_governed_apps', 'Apps governed by this daemon', () => sources.governed().length);
    this.gauge('sm_other_apps', 'Governed apps that are counted together as other', unlabelled);
    // Who cannot write may have been replaced and not know it.
    this.gauge('sm_leader', LEADER, () => (leads() && writes().committing ? 1 : 0));
    this.gauge('sm_ready', '1 while /readyz says yes', () => (ready() ? 1 : 0));
    this.gauge('sm_store_writes_committing', COMMITTING, () => (writes().committing ? 1 : 0));
    this.gauge('sm_store_last_write_timestamp_seconds', LAST_WRITE, () => writes().lastMs / 1_000);
    this.gauge('sm_store_restored', RESTORED, () => (restored() ? 1 : 0));
    this.gauge('sm_broken_governors', BROKEN, () => sources.breaks().now);
    this.counter('sm_governor_breaks_total', BREAKS, () => sources.breaks().ever);
    this.counter('sm_planner_thread_losses_total', PLANNER_LOSSES, sources.plannerLosses);
    this.labelled('sm_build_info', 'Always 1; the version of this daemon', 'version', () => [
      [sources.version, 1],
    ]);
    this.labelled('sm_certificate_expires_timestamp_seconds', CERTIFICATES, 'setting', () =>
      [...sources.certificates()].map(([setting, ms]) => [setting, ms / 1_000]),
    );
  }

  /** The store is in this process. */
  watchStore(figures: () => StoreFigures): void {
    this.gauge('sm_embedded_store_bytes', STORE_BYTES, () => figures().bytes);
    this.gauge('sm_embedded_store_quota_bytes', QUOTA, () => figures().quotaBytes);
    this.gauge('sm_embedded_store_log_bytes', LOG_BYTES, () => figures().logBytes);
    this.gauge('sm_embedded_store_out_of_space', FULL, () => (figures().outOfSpace ? 1 : 0));
    this.gauge('sm_embedded_store_connections', CONNECTED, () => figures().connections);
    this.gauge('sm_embedded_store_connections_limit', PLACES, () => figures().connectionsLimit);
    const refused = (): number => figures().connectionsRefused;
    this.counter('sm_embedded_store_connections_refused_total', REFUSED, refused);
  }

  /** Times of syncs to disk, ms, of a store in this process. */
  storeSyncs(): (ms: number) => void {
    const syncs = new Histogram({
      name: 'sm_embedded_store_sync_seconds',
      help: 'Time to write a batch of changes to disk and sync it',
      buckets: SYNC_BUCKETS_SECONDS,
      registers: [this.registry],
    });
    return (ms) => syncs.observe(ms / 1_000);
  }

  private gauge(name: string, help: string, value: () => number): void {
    const collect = function (this: Gauge): void {
      this.set(value());
    };
    new Gauge({name, help, registers: [this.registry], collect});
  }

  private labelled(
    name: string,
    help: string,
    label: string,
    values: () => readonly (readonly [string, number])[],
  ): void {
    const collect = function (this: Gauge): void {
      this.reset();
      for (const [key, value] of values()) this.set({[label]: key}, value);
    };
    new Gauge({name, help, labelNames: [label], registers: [this.registry], collect});
  }

  private counter(name: string, help: string, value: () => number): void {
    const collect = function (this: Counter): void {
      this.reset();
      this.inc(value());
    };
    new Counter({name, help, registers: [this.registry], collect});
  }
}

/** Gauges with the names of counters, of Node's own figures; the same figures stand there by type under better names. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
const LOST_LINES = 'Log lines of this process that could not be written';
const LOST_AUDIT =
  'Lines of this process that the audit file has not taken; etcd keeps the entries';
const LEADER = '1 while this daemon governs sm itself, and its writes commit';
const COMMITTING = '1 while a write of this daemon has committed within T';
const LAST_WRITE = 'When the last write of this daemon committed, Unix time; 0: none yet';
const RESTORED = '1 while etcd was restored or replaced and nobody has accepted that';
const BROKEN =
  'Governors of this daemon that a broken invariant has stopped and that have not yet run for five minutes since, or that have not been able to read their app for a minute';
const BREAKS = 'Times that a broken invariant has stopped a governor of this daemon';
const PLANNER_LOSSES =
  'Times that a planner thread has ended by itself; after three in a row plans are made within the event loop';
const CERTIFICATES = 'When the certificate ends, Unix time, by the setting that names its file';
const STORE_BYTES = 'Size of keys, values and history in the embedded store';
const QUOTA = 'Size from which the embedded store takes no writes';
const LOG_BYTES = "Size of the open file of the embedded store's log; 0 in memory";
const ADMIN_REFUSED = 'Connections to the admin API that were closed because the limit was reached';
const CONNECTED = 'Connections to the embedded store';
const PLACES = 'Connections that the embedded store takes at once';
const REFUSED =
  'Connections that the embedded store has refused: all were taken, or those of their address, and none was idle';
const FULL = '1 while the embedded store refuses writes because space has run out';
