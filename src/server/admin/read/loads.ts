/** Loads of an app as readers see them: by the last summary of its governor. Pure but for the wall clock of cooldowns. */
import {balanceIn, declaredLoads} from '../../../governor/load-balance.ts';
import {loadTerms} from '../../../governor/load-terms.ts';
import type {LoadTerms} from '../../../governor/load-terms.ts';
import type {NamedBalance} from '../../../governor/move-numbers.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import {ratioOf} from '../../../load/balance.ts';
import {LoadTable} from '../../../load/load-table.ts';
import type {OwnFigures} from '../../../load/own-figures.ts';
import {placementOf} from '../../../model/placement-policy.ts';
import {once} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';

/** Loads by metric. */
type LoadsByMetric = Record<string, number>;
type Living = ReadonlyMap<string, LivingContainer>;

/** What is known of each shard, for the metrics of the app's policy; undefined: it names none. */
function tableOf(listing: AppListing): LoadTable | undefined {
  return once(listing, 'loadTable', () => {
    const metrics = placementOf(listing.view.spec?.value).metrics.map(({name}) => name);
    if (metrics.length === 0) return undefined;
    const read = listing.loads();
    const table = new LoadTable(metrics);
    table.inheritAll(read.metrics, read.shards, 0);
    table.renew(0, declaredLoads(listing.view));
    return table;
  });
}

/** As the governor tells its planner; undefined: loads are not looked at. */
export function readTerms(listing: AppListing): LoadTerms | undefined {
  const table = tableOf(listing);
  return table && loadTerms(table, placementOf(listing.view.spec?.value), Date.now());
}

/** What is known of the shard's load: reported, else declared, without the metrics of which neither is known; undefined where loads are not looked at. */
export function shardLoad(listing: AppListing, shard: string): LoadsByMetric | undefined {
  const table = tableOf(listing);
  const spec = listing.view.shards.get(shard)?.value;
  if (table === undefined || spec === undefined) return undefined;
  return byMetric(table.metrics, table.known(shard, spec.load));
}

/** What a container bears, beside its share. */
export interface ContainerLoad {
  readonly load: LoadsByMetric;
  /** As multiples of its share. */
  readonly loadRatio: LoadsByMetric;
  readonly own: OwnFigures;
}

/** How loads lie on containers; undefined: they are not looked at. */
export function readBalance(listing: AppListing, living: Living): NamedBalance | undefined {
  const table = tableOf(listing);
  return table && {...balanceIn(listing.view, table, living), metrics: table.metrics};
}

/** By container id. */
export function containerLoads(
  listing: AppListing,
  living: () => Living,
): ReadonlyMap<string, ContainerLoad> {
  return once(listing, 'containerLoads', () => {
    const loads = new Map<string, ContainerLoad>();
    const balance = readBalance(listing, living());
    if (balance === undefined) return loads;
    const {containers, metrics} = balance;
    const {containers: figures} = listing.loads();
    for (const one of containers) {
      const {container} = one;
      loads.set(container, {
        load: byMetric(metrics, one.loads),
        loadRatio: byMetric(
          metrics,
          metrics.map((_, metric) => ratioOf(one, metric)),
        ),
        own: figures.get(container) ?? {},
      });
    }
    return loads;
  });
}

/** Three digits: that is what a summary has. */
function byMetric(
  metrics: readonly string[],
  values: readonly (number | undefined)[],
): LoadsByMetric {
  const known = metrics.flatMap((name, at): [string, number][] => {
    const value = values[at];
    return value === undefined ? [] : [[name, Number(value.toPrecision(3))]];
  });
  return Object.fromEntries(known);
}
