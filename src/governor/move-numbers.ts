/** What makes a move necessary, at both of its ends, in a sentence. Readers count shards alike; of loads they know the plan, too. Pure. */
import {counted} from '../model/counted.ts';
import {ratioOf} from '../load/balance.ts';
import type {Balance} from '../load/balance.ts';
import type {MoveGate, WantedMove} from './move-gate.ts';

export interface NamedBalance extends Balance {
  readonly metrics: readonly string[];
}

/** Shards at both ends now and in the plan, or for a move for load how much of its share each end bears. */
export function moveNumbers(
  {cause, from, to}: WantedMove,
  {view, living, plannedCount}: Pick<MoveGate, 'view' | 'living' | 'plannedCount'>,
  balance: NamedBalance | undefined,
): string {
  const text = cause === 'load' ? loadNumbers(balance, from, to) : '';
  if (text !== '') return text;
  return countNumbers([...new Set([from, to])], (container) => ({
    before: view.shardsOf(living.get(container)?.incarnation ?? '').size,
    after: plannedCount(container),
  }));
}

/** Shards of each container now and in the plan. */
export function countNumbers(
  ends: readonly string[],
  countsOf: (container: string) => {readonly before: number; readonly after: number},
): string {
  return ends
    .map((container) => {
      const {before, after} = countsOf(container);
      return `${container} ${before} -> ${counted(after, 'shard')}`;
    })
    .join('; ');
}

/** Of the metric that is worst at one of the ends: what both bear as a multiple of their share; '' where nothing is known of it. */
function loadNumbers(balance: NamedBalance | undefined, from: string, to: string): string {
  if (balance === undefined) return '';
  const ratiosOf = (container: string): number[] => {
    const found = balance.containers.find((one) => one.container === container);
    return balance.metrics.map((_, metric) => (found === undefined ? 0 : ratioOf(found, metric)));
  };
  const [there, here] = [ratiosOf(from), ratiosOf(to)];
  const worst = worstMetric(there, here);
  if (worst === -1) return '';
  const name = balance.metrics[worst] ?? '';
  const text = (container: string, ratios: readonly number[]): string =>
    `${name} of ${container} ${(ratios[worst] ?? 0).toFixed(2)}x of its share`;
  return `${text(from, there)}; ${text(to, here)}${exchangeText(there[worst], here[worst])}`;
}

/** Of what both ends of a move for load bear, as multiples of their share: the metric that is worst at one of them; -1 where there is none. */
export function worstMetric(there: readonly number[], here: readonly number[]): number {
  const worse = there.map((ratio, metric) => Math.max(ratio, here[metric] ?? 0));
  return worse.indexOf(Math.max(...worse));
}

/** A shard goes to the hotter end only so that counts stay even: a greater load leaves it. */
export function exchangeText(there = 0, here = 0): string {
  return here > there ? ', in exchange for a shard with more load' : '';
}
