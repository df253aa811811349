/** Loads by which apps are balanced, as gauges by app and metric; by container only for apps with series of their own, and never by shard. */
import {Gauge} from 'prom-client';
import type {Registry} from 'prom-client';
import type {LoadFigures} from '../../governor/figures.ts';
import {OTHER_APPS} from './app-labels.ts';

type LoadsByApp = ReadonlyMap<string, {readonly loads: readonly LoadFigures[]}>;

const LEVEL = 'Largest load of a container as a multiple of its share; moves begin above the band';
const UNMEASURED =
  'Shards whose load was not reported lately: their last, declared or mean loads stand for them';
const CONTAINER_LOAD = 'Load of a container, smoothed; of an app the 100 containers with the most';

/** @param figures asked at a scrape. @param labelOf the label of an app. */
export function registerLoadGauges(
  registry: Registry,
  figures: () => LoadsByApp,
  labelOf: (app: string) => string,
): void {
  const gauge = (
    name: string,
    help: string,
    valueOf: (load: LoadFigures, before: number) => number,
  ): void => {
    new Gauge({
      ...{name, help, labelNames: ['app', 'metric'], registers: [registry]},
      collect() {
        this.reset();
        const seen = new Map<string, number>();
        for (const [app, {loads}] of figures())
          for (const load of loads) {
            const labels = {app: labelOf(app), metric: load.metric};
            const key = JSON.stringify(labels);
            seen.set(key, valueOf(load, seen.get(key) ?? 0));
            this.set(labels, seen.get(key) ?? 0);
          }
      },
    });
  };
  gauge('sm_app_load_ratio', LEVEL, ({level}, before) => Math.max(level, before));
  gauge('sm_app_load_unmeasured_shards', UNMEASURED, ({unmeasured}, sum) => sum + unmeasured);
  new Gauge({
    name: 'sm_app_container_load',
    help: CONTAINER_LOAD,
    labelNames: ['app', 'container', 'metric'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [app, {loads}] of figures()) {
        const label = labelOf(app);
        if (label === OTHER_APPS) continue;
        for (const {metric, containers} of loads)
          for (const [container, load] of containers)
            this.set({app: label, container, metric}, load);
      }
    },
  });
}
