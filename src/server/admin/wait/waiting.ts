/** Answering `wait-check`: at once, or as soon as the goal is met within the caller's limit. */
import {LOCAL_GRANT} from '../../../model/access.ts';
import {OpenCounts} from '../../../runtime/open-counts.ts';
import {pause} from '../../../runtime/pause.ts';
import {SmError} from '../../../model/errors.ts';
import {checkName, checkShardId} from '../../../model/ids.ts';
import {appNotFound} from '../../../model/not-found.ts';
import type {WaitCheckAnswer, WaitCheckQuery} from '../../../protocol/admin.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {conditionOf} from './wait-conditions.ts';
import type {Goal} from './wait-conditions.ts';
import {exists, listAppOrNothing, listTogether, WHOLE_APP} from '../read/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {refuseForeignApp} from '../read/other-service.ts';
import {
  JUDGING_SHARE,
  LEAST_PAUSE_MS,
  LOOK_PAUSE_MS,
  WAITS_LIMIT,
  WAITS_OF_ONE,
} from '../limits.ts';

interface Waiter {
  /** Name of its token. */
  readonly who: string;
  /** Aborted when it hangs up. */
  readonly signal: AbortSignal;
}

export class WaitChecks {
  private readonly dependencies: AdminDependencies;
  private readonly open = new OpenCounts();

  constructor(dependencies: AdminDependencies) {
    this.dependencies = dependencies;
  }

  /** @throws SmError INVALID_INPUT for a goal without meaning, APP_NOT_FOUND unless the wait is for the app itself. */
  async check(query: WaitCheckQuery, {who, signal}: Waiter): Promise<WaitCheckAnswer> {
    const timeoutMs = this.mayWait(who) ? query.timeoutMs : 0;
    const end = this.open.begin(who);
    try {
      return await waitCheck(this.dependencies, {...query, timeoutMs}, signal);
    } finally {
      end();
    }
  }

  /** Without tokens callers cannot be distinguished. */
  private mayWait(who: string): boolean {
    if (this.open.all >= WAITS_LIMIT) return false;
    return who === LOCAL_GRANT.name || this.open.of(who) < WAITS_OF_ONE;
  }
}

async function waitCheck(
  dependencies: AdminDependencies,
  query: WaitCheckQuery,
  signal: AbortSignal,
): Promise<WaitCheckAnswer> {
  const goal = goalOf(query);
  const endMs = performance.now() + query.timeoutMs;
  for (let looks = 1; ; looks += 1) {
    const listing = await oneRevision(dependencies, query.service, goal);
    if (!exists(dependencies, listing)) {
      if (goal.for !== 'gone') await refuseForeignApp(dependencies, query.service);
      if (goal.kind !== 'app') throw appNotFound(query.service);
    }
    const answer = await conditionOf(listing, goal, dependencies);
    const leftMs = endMs - performance.now();
    if (answer.met || leftMs <= 0 || signal.aborted) return answer;
    // A view may be a mixture of revisions for a moment, or behind: it only says when to look at one revision again.
    if (looks > 1) await pause(Math.min(LOOK_PAUSE_MS, leftMs), signal);
    await untilLooksMet(dependencies, query.service, goal, endMs, signal);
  }
}

/** The app at one revision: from the view that is open, or as little as the goal needs is listed. */
async function oneRevision(
  dependencies: AdminDependencies,
  app: string,
  goal: Goal,
): Promise<AppListing> {
  const {views} = dependencies;
  // One shard of 100,000 must not cost a look at all of them.
  if (goal.kind === 'shard' && !views.holds(app))
    return listAppOrNothing(dependencies, app, WHOLE_APP, {shard: goal.id});
  return (await views.atOneRevision(app)) ?? listTogether(dependencies, app, WHOLE_APP);
}

/** Follows the view until it looks as if the goal were met, or the time is over. `endMs`: monotonic. */
async function untilLooksMet(
  dependencies: AdminDependencies,
  app: string,
  goal: Goal,
  endMs: number,
  signal: AbortSignal,
): Promise<void> {
  const change = new Change(signal);
  const lease = await dependencies.views.acquire(app, change.notify);
  try {
    while (!signal.aborted && performance.now() < endMs) {
      const startedMs = performance.now();
      lease.refresh();
      const [records] = lease.apps();
      const listing = records?.listing(lease.revision, lease.cluster);
      if (listing !== undefined && (await conditionOf(listing, goal, dependencies)).met) return;
      const spentMs = performance.now() - startedMs;
      await pause(Math.max(LEAST_PAUSE_MS, spentMs / JUDGING_SHARE - spentMs), signal);
      await change.next(endMs - performance.now());
    }
  } finally {
    change.close();
    lease.release();
  }
}

/** Waits for the next change, also when it came in between. */
class Change {
  private readonly signal: AbortSignal;
  private coming = new AbortController();
  readonly notify = (): void => this.coming.abort();

  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener('abort', this.notify, {once: true});
  }

  async next(limitMs: number): Promise<void> {
    if (limitMs > 0 && !this.signal.aborted) await pause(limitMs, this.coming.signal);
    this.coming = new AbortController();
  }

  close(): void {
    this.signal.removeEventListener('abort', this.notify);
  }
}

function goalOf({service, kind, id, incarnation, for: wanted}: WaitCheckQuery): Goal {
  if (kind === 'app') {
    if (id !== '' && id !== service) {
      throw new SmError(
        'INVALID_INPUT',
        'for an app, id must be the name of the app, or be left out',
        {hint: 'leave id out: service names the app'},
      );
    }
    return {kind, for: wanted, id: service, incarnation};
  }
  if (id === '')
    throw new SmError('INVALID_INPUT', `id of the ${kind} is missing`, {
      hint: `pass the ${kind} as id`,
    });
  if (kind === 'shard') checkShardId(id);
  else checkName('container', id);
  return {kind, for: wanted, id, incarnation};
}
