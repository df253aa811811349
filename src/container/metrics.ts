/** What the containers of this process measure: one registry for all of them, for whoever serves metrics to merge or to print. */
import {monitorEventLoopDelay} from 'node:perf_hooks';
import type {IntervalHistogram} from 'node:perf_hooks';
import {Counter, Gauge, Histogram, Registry} from 'prom-client';
import {callMetrics} from '../etcd/call-metrics.ts';
import type {LoadFault} from '../load/load-faults.ts';
import {EVENT_LOOP_RESOLUTION_MS} from './limits.ts';
import {processFigures} from './process-figures.ts';

/** Who counts what the session of one container does; it reports and asks for nothing. */
export interface SessionMeter {
  /** A heartbeat was answered, or was not: `unknown`. */
  heartbeat(result: 'committed' | 'refused' | 'unknown', ms: number): void;
  /** A hook of the application has settled. */
  hook(hook: 'add' | 'drop', failed: boolean, ms: number): void;
  /** No heartbeat has committed in time: the right to act is over. */
  fenced(): void;
  hinted(): void;
  /** A load that was reported could not be taken as it is. */
  loadFault(fault: LoadFault): void;
}

/** What is asked of a container at a scrape. */
export interface MeasuredContainer {
  readonly app: string;
  readonly id: string;
  /** Shards that are here by state. */
  readonly shardStates: Readonly<Record<string, number>>;
  /** `/readyz` of its receiver says yes. */
  isServing(): boolean;
  /** What is left of the right to act, ms; negative when it is over. */
  remainingMs(): number;
}

const HEARTBEAT_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const HOOK_BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const NANOSECONDS = 1e9;
const HEARTBEATS = 'Heartbeats, by result: committed, refused, or unknown where no answer came';
const HOOKS = 'Time of add and drop of the application, by outcome: done or failed';
const FENCES = 'Times that no heartbeat committed in time, so that all shards were dropped';
const SHARDS = 'Shards that are here, by state: adding, ready, dropping, stuck and others';
const LOAD_FAULTS = 'Loads of shards that could not be taken as they were reported, by fault';
const DELAY = 'Longest delay of the event loop since the last scrape';
const RIGHT = 'How long the container may still act without another heartbeat; 0: fenced';

class ProcessMetrics {
  readonly registry = new Registry();
  private readonly containers = new Set<MeasuredContainer>();
  private readonly heartbeats = new Counter(this.own('heartbeats_total', HEARTBEATS, 'result'));
  private readonly heartbeatTimes = new Histogram({
    ...this.own('heartbeat_seconds', 'Time of a heartbeat that was answered'),
    buckets: HEARTBEAT_BUCKETS_SECONDS,
  });
  private readonly hooks = new Histogram({
    ...this.own('hook_seconds', HOOKS, 'hook', 'outcome'),
    buckets: HOOK_BUCKETS_SECONDS,
  });
  private readonly fences = new Counter(this.own('fences_total', FENCES));
  private readonly hints = new Counter(this.own('hints_total', 'Hints that came from daemons'));
  private readonly loadFaults = new Counter(this.own('load_faults_total', LOAD_FAULTS, 'fault'));
  /** One call to the store has ended. */
  readonly storeCall = callMetrics(this.registry, 'sm_container');
  private delay: IntervalHistogram | undefined;

  constructor() {
    this.gauge('shards', SHARDS, ({shardStates}) => shardStates, 'state');
    this.gauge('ready', '1 while the container is ready', (one) => ({
      '': one.isServing() ? 1 : 0,
    }));
    this.gauge('right_to_act_seconds', RIGHT, (one) => ({
      '': Math.max(0, one.remainingMs()) / 1_000,
    }));
    const delayed = (): number => this.longestDelaySeconds();
    new Gauge({
      ...this.named('event_loop_delay_seconds', DELAY, []),
      collect() {
        this.set(delayed());
      },
    });
  }

  /** The container is measured from now on, until the function that is returned is called. */
  watch(container: MeasuredContainer): () => void {
    this.containers.add(container);
    return () => {
      this.containers.delete(container);
      if (this.containers.size > 0) return;
      processFigures.stop();
      this.delay?.disable();
      this.delay = undefined;
    };
  }

  meterOf(app: string, container: string): SessionMeter {
    const labels = {app, container};
    return {
      heartbeat: (result, ms) => {
        this.heartbeats.inc({...labels, result});
        if (result !== 'unknown') this.heartbeatTimes.observe(labels, ms / 1_000);
      },
      hook: (hook, failed, ms) =>
        this.hooks.observe({...labels, hook, outcome: failed ? 'failed' : 'done'}, ms / 1_000),
      fenced: () => this.fences.inc(labels),
      hinted: () => this.hints.inc(labels),
      loadFault: (fault) => this.loadFaults.inc({...labels, fault}),
    };
  }

  /** Measured from the first scrape on: nobody pays for it who does not look. */
  private longestDelaySeconds(): number {
    if (this.containers.size === 0) return 0;
    if (this.delay === undefined) {
      this.delay = monitorEventLoopDelay({resolution: EVENT_LOOP_RESOLUTION_MS});
      this.delay.enable();
    }
    const {max} = this.delay;
    this.delay.reset();
    return Number.isFinite(max) ? max / NANOSECONDS : 0;
  }

  private gauge(
    name: string,
    help: string,
    values: (container: MeasuredContainer) => Readonly<Record<string, number>>,
    label?: string,
  ): void {
    const {containers} = this;
    new Gauge({
      ...this.own(name, help, ...(label === undefined ? [] : [label])),
      collect() {
        this.reset();
        for (const one of containers)
          for (const [key, value] of Object.entries(values(one))) {
            const labels = {app: one.app, container: one.id};
            this.set(label === undefined ? labels : {...labels, [label]: key}, value);
          }
      },
    });
  }

  /** Of a metric that each container has for itself. */
  private own(name: string, help: string, ...more: readonly string[]) {
    return this.named(name, help, ['app', 'container', ...more]);
  }

  private named(name: string, help: string, labelNames: string[]) {
    return {name: `sm_container_${name}`, help, labelNames, registers: [this.registry]};
  }
}

/** Of all containers of this process. */
export const processMetrics = new ProcessMetrics();
