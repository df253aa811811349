/** What a change would leave without a container: shards that have one in the live plan before it, or have none for another reason. Where no container is alive, as if there were one. */
import type {AppChange} from '../../../model/change.ts';
import {RULES} from '../../../model/placement-rules.ts';
import type {LeftUnplaced} from '../../../protocol/admin.ts';
import type {Operation} from '../../../store/port.ts';
import {newsOf} from '../../../appview/app-news.ts';
import {frozen} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {atOnce} from '../dependencies.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {LEFT_UNPLACED_NAMED, REST_PER_PLAN} from '../limits.ts';
import {hypotheticalContainer, livingOf} from './container-views.ts';
import {currentApp} from './listing.ts';
import {readerPlan} from './reader-plan.ts';

const EXTRA = hypotheticalContainer(1);

export function leftUnplaced(
  dependencies: AdminDependencies,
  app: string,
  operations: readonly Operation[],
): Promise<LeftUnplaced> {
  const {byTurns = atOnce} = dependencies;
  return byTurns(app, () => compared(dependencies, app, operations), REST_PER_PLAN);
}

async function compared(
  dependencies: AdminDependencies,
  app: string,
  operations: readonly Operation[],
): Promise<LeftUnplaced> {
  const current = await currentApp(dependencies, app);
  const before = await frozen(current);
  const after = await frozen(before);
  for (const change of changesOf(dependencies, operations, after.revision + 1))
    after.view.apply(change);
  const left = await unplacedOf(dependencies, after);
  // Who has none for the same reason anyway loses nothing.
  if (left.size > 0)
    for (const [shard, reason] of await unplacedOf(dependencies, before))
      if (left.get(shard) === reason) left.delete(shard);
  const shards = [...left].slice(0, LEFT_UNPLACED_NAMED);
  return {
    count: left.size,
    shards: shards.map(([shard, reason]) => ({shard, reason, rule: RULES[reason]})),
  };
}

/** By the one decoder: what the writes say of the app once they stand. */
function changesOf(
  {keys}: AdminDependencies,
  operations: readonly Operation[],
  mod: number,
): AppChange[] {
  return operations.flatMap((operation) => {
    const {key} = operation;
    const entry =
      operation.op === 'put' ? {key, value: operation.value, mod, create: mod} : undefined;
    const parsed = keys.parse(key);
    const news = parsed && newsOf(parsed, entry, mod);
    return news?.kind === 'change' ? [news.change] : [];
  });
}

async function unplacedOf(dependencies: AdminDependencies, listing: AppListing) {
  const living = livingOf(listing);
  // Else all shards would have none for one reason, and a pin to a mistyped id would pass.
  if (living.size === 0) living.set(EXTRA.container, EXTRA);
  const {plan, shardAt} = await readerPlan(dependencies, listing, living);
  return new Map(plan.unplaced.map(({shard, reason}) => [shardAt(shard), reason]));
}
