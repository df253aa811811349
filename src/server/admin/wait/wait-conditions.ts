/** Whether a goal of `sm wait` is reached, checked on one listing. Pure. */
import type {ContainerState} from '../../../model/container.ts';
import {SmError} from '../../../model/errors.ts';
import {NOT_LIMITING_DRAINS, waitsText} from '../../../model/move-wait.ts';
import {reasonText} from '../../../model/placement-rules.ts';
import {recordState} from '../../../model/shard-state.ts';
import {MISSING_LIMIT} from '../../../protocol/admin.ts';
import type {QueuedMoveView, WaitCheckAnswer, WaitCheckQuery} from '../../../protocol/admin.ts';
import {containerViews, livingOf, stateOf} from '../read/container-views.ts';
import {stateIn} from '../read/moves.ts';
import {planInUse} from '../read/plan-in-use.ts';
import type {AdminDependencies, PlanDependencies} from '../dependencies.ts';
import {exists} from '../read/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {hasSpec, reasonOf, shardCounts, shardState} from '../read/shard-views.ts';

export type Goal = Pick<WaitCheckQuery, 'kind' | 'for'> & {
  /** Shard or container id; for an app its name. */
  readonly id: string;
  /** Only this process of the container; '': any. */
  readonly incarnation?: string;
};

/** What is not there yet, first entries only, and how much. */
class Unmet {
  readonly first: {id: string; reason: string}[] = [];
  count = 0;

  add(id: string, reason: string): void {
    this.count++;
    if (this.first.length < MISSING_LIMIT) this.first.push({id, reason});
  }
}

type WaitDependencies = Pick<AdminDependencies, 'service'> & PlanDependencies;

/** What a condition is checked on: it adds to `missing` what is not there yet. */
interface Checked {
  readonly listing: AppListing;
  readonly id: string;
  readonly incarnation: string;
  readonly missing: Unmet;
  readonly dependencies: WaitDependencies;
}

type WaitCondition = (checked: Checked) => void | Promise<void>;

const CONDITIONS: Readonly<
  Record<Goal['kind'], Readonly<Partial<Record<Goal['for'], WaitCondition>>>>
> = {
  app: {exists: appExists, gone: appGone, ready: appReady, balanced: appBalanced},
  shard: {
    exists: ({listing, id, missing}) => {
      if (!hasSpec(listing, id)) missing.add(id, 'there is no such shard');
    },
    gone: shardGone,
    ready: ({listing, id, missing}) => {
      if (hasSpec(listing, id)) shardReady(listing, id, missing);
      else missing.add(id, 'there is no such shard');
    },
  },
  container: {
    exists: ({listing, id, missing}) => {
      if (!heartbeatsOf(listing, id)) missing.add(id, 'it has no heartbeat');
    },
    gone: containerGone,
    ready: containerReady,
    drained: ({listing, id, missing}) => drained(listing, id, missing),
  },
};

/**
 * @throws SmError INVALID_INPUT when the goal means nothing for that kind (a shard cannot be balanced), and what planning throws.
 */
export async function conditionOf(
  listing: AppListing,
  goal: Goal,
  dependencies: WaitDependencies,
): Promise<WaitCheckAnswer> {
  const {kind, id, incarnation = ''} = goal;
  const check = CONDITIONS[kind][goal.for];
  if (check === undefined) throw meaningless(goal);
  const isOfProcess = kind === 'container' && goal.for === 'gone';
  if (incarnation !== '' && !isOfProcess)
    throw new SmError('INVALID_INPUT', 'incarnation is for a container that is to be gone', {
      hint: 'leave incarnation out, or wait for a container to be gone',
    });
  const missing = new Unmet();
  await check({listing, id, incarnation, missing, dependencies});
  return {
    met: missing.count === 0,
    revision: String(listing.revision),
    missing: missing.first,
    missingCount: missing.count,
  };
}

function meaningless(goal: Goal): SmError {
  const goals = Object.keys(CONDITIONS[goal.kind]);
  return new SmError('INVALID_INPUT', `cannot wait for ${goal.kind} to be "${goal.for}"`, {
    hint: `use one of ${goals.join(', ')}`,
  });
}

function appExists({listing, id, missing, dependencies}: Checked): void {
  if (!exists(dependencies, listing)) missing.add(id, 'there is no such app');
}

function appGone({listing, id, missing, dependencies}: Checked): void {
  if (!listing.view.isGone) missing.add(id, 'its spec exists');
  else if (exists(dependencies, listing)) missing.add(id, 'sm itself always exists');
  for (const shard of listing.view.shards.keys()) missing.add(shard, 'the shard’s spec exists');
  for (const shard of listing.view.own.keys()) missing.add(shard, 'the shard’s record exists');
  for (const {value} of listing.view.heartbeats.values()) {
    missing.add(value.container, 'the container’s heartbeat exists');
  }
}

function appReady({listing, id, missing, dependencies}: Checked): void {
  if (!exists(dependencies, listing)) {
    missing.add(id, 'there is no such app');
    return;
  }
  const {ready, total} = shardCounts(listing);
  if (ready === total) return;
  for (const shard of listing.view.shards.keys()) shardReady(listing, shard, missing);
  for (const {what, id: shard} of listing.view.quarantined.all()) {
    if (what === 'shard') missing.add(shard, 'its spec cannot be read');
  }
}

function shardGone({listing, id, missing}: Checked): void {
  if (hasSpec(listing, id)) {
    missing.add(id, 'its spec exists');
    return;
  }
  const record = listing.view.own.get(id)?.value;
  if (record !== undefined) missing.add(id, `its record is ${recordState(record)}`);
}

function shardReady(listing: AppListing, shard: string, missing: Unmet): void {
  const state = shardState(listing, shard);
  if (state === 'ready') return;
  const reason = reasonOf(listing, shard);
  missing.add(shard, reason === '' ? state : `${state}: ${reasonText(reason)}`);
}

/** Why a move that the plan wants does not begin: some end only when somebody acts. */
function hindrance(state: QueuedMoveView['state'], isPaused: boolean): string {
  if (state === 'queued') return '';
  if (state === 'quiet') return ', after the quiet time';
  if (state === 'cancelled') return ', cancelled by an operator';
  return isPaused ? ', held: the app is paused' : ', held: many containers were lost at once';
}

async function appBalanced(checked: Checked): Promise<void> {
  const {listing, missing, dependencies} = checked;
  appReady(checked);
  const {plan, gate} = await planInUse(dependencies, listing, {newest: true});
  const isPaused = listing.view.spec?.value.paused === true;
  for (const move of plan.queue)
    missing.add(
      move.shard,
      `is to move (${move.cause})${hindrance(stateIn(gate, move), isPaused)}`,
    );
  const {own, states} = listing.view;
  for (const shard of states.notReady)
    if (own.get(shard)?.value.state === 'dropping') missing.add(shard, 'is on its way');
}

function containerGone({listing, id, incarnation, missing}: Checked): void {
  if (incarnation === '') {
    if (heartbeatsOf(listing, id)) missing.add(id, 'its heartbeat exists');
    return drained(listing, id, missing);
  }
  const {view} = listing;
  if (view.heartbeats.has(incarnation)) missing.add(id, 'its heartbeat exists');
  for (const shard of view.shardsOf(incarnation)) {
    const record = view.own.get(shard)?.value;
    if (record !== undefined) missing.add(shard, `its record is ${recordState(record)}`);
  }
}

function containerReady({listing, id, missing}: Checked): void {
  const incarnation = listing.view.livingIncarnation(id);
  const heartbeat = listing.view.heartbeats.get(incarnation ?? '')?.value;
  if (incarnation === undefined || heartbeat === undefined) {
    missing.add(id, heartbeatsOf(listing, id) ? 'waits for its id' : 'it has no heartbeat');
    return;
  }
  const {state} = stateOf(listing, incarnation, heartbeat);
  if (state !== 'ready') missing.add(id, state);
}

/** States in which a container keeps what it has: no order holds that would take it away, and it is not lost. */
const KEEPING: ReadonlySet<ContainerState> = new Set([
  ...(['ready', 'cordoned', 'refusing', 'suspect', 'unreachable'] as const),
]);

function drained(listing: AppListing, id: string, missing: Unmet): void {
  const others = [...livingOf(listing).values()].filter(({container}) => container !== id);
  const {stranded, state} = containerViews(listing).find((one) => one.id === id) ?? {};
  const waits = others.some(({mode}) => mode === 'open')
    ? `owned, waits for its turn${turnText(listing)}`
    : 'owned, no other container is ready';
  const stays = `owned; the container is not draining: sm container drain -a ${listing.app} ${id}`;
  const waiting: string[] = [];
  for (const [shard, {value}] of listing.view.own) {
    if (value.state === 'free' || value.container !== id) continue;
    if (value.state === 'owned') waiting.push(shard);
    else missing.add(shard, value.state);
  }
  // What is on its way stands in front: it is what the others wait for.
  const asked = stranded === undefined ? waits : `owned; ${stranded.text}`;
  const why = state !== undefined && KEEPING.has(state) ? stays : asked;
  for (const shard of waiting) missing.add(shard, why);
}

/** Which budgets are full, by the governor's word. */
function turnText({status}: AppListing): string {
  const waits = waitsText(
    (status?.waits ?? []).filter(({budget}) => !NOT_LIMITING_DRAINS.has(budget)),
  );
  return waits === '' ? '' : `: ${waits}`;
}

function heartbeatsOf({view}: AppListing, container: string): boolean {
  for (const {value} of view.heartbeats.values()) if (value.container === container) return true;
  return false;
}
