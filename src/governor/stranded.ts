/** Drains that cannot end: what is to leave and has nowhere to go. Pure. */
import {counted} from '../model/counted.ts';
import type {PlacementReason} from '../model/placement.ts';
import {reasonText} from '../model/placement-rules.ts';
import type {AppView} from '../appstate/app-view.ts';

interface Shards {
  count: number;
  readonly first: string;
}

/** By container: how many of its shards have nowhere to go, one of them, and why, for each reason. `stranded`: by the plan. */
export function strandedTexts(
  {own}: Pick<AppView, 'own'>,
  stranded: Iterable<readonly [string, PlacementReason]>,
): Map<string, string> {
  const byContainer = new Map<string, Map<PlacementReason, Shards>>();
  for (const [shard, reason] of stranded) {
    const record = own.get(shard)?.value;
    // It has left since the plan was made.
    if (record === undefined || record.state === 'free') continue;
    const reasons = byContainer.get(record.container) ?? new Map<PlacementReason, Shards>();
    byContainer.set(record.container, reasons);
    const shards = reasons.get(reason);
    if (shards === undefined) reasons.set(reason, {count: 1, first: shard});
    else shards.count += 1;
  }
  return new Map([...byContainer].map(([container, reasons]) => [container, textOf(reasons)]));
}

function textOf(reasons: ReadonlyMap<PlacementReason, Shards>): string {
  return [...reasons]
    .map(([reason, {count, first}]) => {
      const which = count === 1 ? first : `such as ${first}`;
      const has = count === 1 ? 'has' : 'have';
      return `${counted(count, 'shard')} ${has} nowhere to go, ${which}: ${reasonText(reason)}`;
    })
    .join('; ');
}
