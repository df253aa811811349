import {collectDefaultMetrics, Counter, Gauge} from 'prom-client';
import type {Registry} from 'prom-client';
import {lostLogLines} from '../runtime/log-output.ts';

/** What a daemon measures of itself, beside Node's own figures (event loop lag among them). */
export function registerGauges(
  registry: Registry,
  sources: {
    governors: () => number;
    leads: () => boolean;
    breaks: () => {readonly now: number; readonly ever: number};
  },
): void {
  collectDefaultMetrics({register: registry});
  registry.registerMetric(
    new Gauge({
      name: 'sm_governed_apps',
      help: 'Apps governed by this daemon',
      registers: [],
      collect() {
        this.set(sources.governors());
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'sm_leader',
      help: '1 while this daemon governs sm itself',
      registers: [],
      collect() {
        this.set(sources.leads() ? 1 : 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'sm_broken_governors',
      help: 'Governors of this daemon that a broken invariant has stopped and that have not gone on for five minutes since',
      registers: [],
      collect() {
        this.set(sources.breaks().now);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: 'sm_governor_breaks_total',
      help: 'Times that a broken invariant has stopped a governor of this daemon',
      registers: [],
      collect() {
        this.reset();
        this.inc(sources.breaks().ever);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: 'sm_log_lines_lost_total',
      help: 'Log lines of this process that could not be written',
      registers: [],
      collect() {
        this.reset();
        this.inc(lostLogLines());
      },
    }),
  );
}
