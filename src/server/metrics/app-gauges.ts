/** What governors have before them now, as gauges by app. Counted at most once a second, and from what they know: nothing is read for it. */
import {Gauge} from 'prom-client';
import type {Registry} from 'prom-client';
import type {GovernedFigures} from '../../governor/figures.ts';
import {FIGURES_FRESH_MS} from './limits.ts';
import {registerLoadGauges} from './load-gauges.ts';

/** Figures of the apps that are governed here, by app. */
export type FiguresByApp = ReadonlyMap<string, GovernedFigures>;

interface AppGauge {
  readonly name: string;
  readonly help: string;
  /** Besides `app`. */
  readonly label?: 'state' | 'code';
  /** How values of several apps become one. */
  readonly together: 'sum' | 'max';
  /** By the value of the label; '' where there is none. */
  readonly values: (figures: GovernedFigures) => Readonly<Partial<Record<string, number>>>;
}

const GAUGES: readonly AppGauge[] = [
  {
    name: 'sm_app_shards',
    help: 'Shards by state',
    label: 'state',
    together: 'sum',
    values: ({shards}) => shards,
  },
  {
    name: 'sm_app_containers',
    help: 'Containers by state',
    label: 'state',
    together: 'sum',
    values: ({containers}) => containers,
  },
  {
    name: 'sm_app_alarms',
    help: 'Alarms that are raised, by code',
    label: 'code',
    together: 'sum',
    values: ({alarms}) => alarms,
  },
  {
    name: 'sm_app_oldest_unserved_seconds',
    help: 'Longest time that a shard has not been served; 0 when all are served. Counted by the daemon that governs now',
    together: 'max',
    values: ({oldestUnservedMs}) => ({'': oldestUnservedMs / 1_000}),
  },
  {
    name: 'sm_app_oldest_heartbeat_seconds',
    help: 'Age of the latest heartbeat of the container whose latest heartbeat is oldest; containers send five within T',
    together: 'max',
    values: ({oldestHeartbeatMs}) => ({'': oldestHeartbeatMs / 1_000}),
  },
  {
    name: 'sm_app_moves_in_flight',
    help: 'Moves that have begun and not ended',
    together: 'sum',
    values: ({movesInFlight}) => ({'': movesInFlight}),
  },
  {
    name: 'sm_app_moves_queued',
    help: 'Moves of the plan that have not begun',
    together: 'sum',
    values: ({movesQueued}) => ({'': movesQueued}),
  },
  {
    name: 'sm_app_imbalance_shards',
    help: 'Shards on the ready container with the most, less those on the one with the fewest',
    together: 'max',
    values: ({imbalance}) => ({'': imbalance}),
  },
  {
    name: 'sm_app_wanted_containers',
    help: 'Containers that all shards need by the limit of shards a container; 0 where there is no limit',
    together: 'sum',
    values: ({wantedContainers}) => ({'': wantedContainers}),
  },
  {
    name: 'sm_app_paused',
    help: '1 while voluntary moves of the app are stopped',
    together: 'sum',
    values: ({paused}) => ({'': paused ? 1 : 0}),
  },
];

/** @param figures asked at a scrape. @param labelOf the label of an app. */
export function registerAppGauges(
  registry: Registry,
  figures: () => FiguresByApp,
  labelOf: (app: string) => string,
  nowMs: () => number,
): void {
  const fresh = freshFor(FIGURES_FRESH_MS, figures, nowMs);
  for (const gauge of GAUGES) register(registry, gauge, fresh, labelOf);
  registerLoadGauges(registry, fresh, labelOf);
}

function register(
  registry: Registry,
  {name, help, label, together, values}: AppGauge,
  figures: () => FiguresByApp,
  labelOf: (app: string) => string,
): void {
  new Gauge({
    name,
    help,
    labelNames: label === undefined ? ['app'] : ['app', label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [key, value] of combined(figures(), labelOf, values, together)) {
        const [app, state] = key;
        this.set(label === undefined ? {app} : {app, [label]: state}, value);
      }
    },
  });
}

function combined(
  figures: FiguresByApp,
  labelOf: (app: string) => string,
  values: AppGauge['values'],
  together: AppGauge['together'],
): [[app: string, state: string], number][] {
  const found = new Map<string, [[string, string], number]>();
  for (const [app, one] of figures)
    for (const [state, value = 0] of Object.entries(values(one))) {
      const label = labelOf(app);
      const key = JSON.stringify([label, state]);
      const known = found.get(key)?.[1];
      const both =
        known === undefined ? value : together === 'sum' ? known + value : Math.max(known, value);
      found.set(key, [[label, state], both]);
    }
  return [...found.values()];
}

/** All gauges of one scrape say the same moment. */
function freshFor<T>(ms: number, make: () => T, nowMs: () => number): () => T {
  let made: {readonly atMs: number; readonly value: T} | undefined;
  return () => {
    if (made === undefined || nowMs() - made.atMs >= ms) made = {atMs: nowMs(), value: make()};
    return made.value;
  };
}
