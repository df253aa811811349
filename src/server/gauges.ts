import {collectDefaultMetrics, Gauge} from 'prom-client';
import type {Registry} from 'prom-client';

/** What a daemon measures of itself, beside Node's own figures (event loop lag among them). */
export function registerGauges(
  registry: Registry,
  sources: {governors: () => number; leads: () => boolean},
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
}
