/** Answering `wait-check`: at once, or as soon as the goal is met within the caller's limit. */
import {pause} from '../../../runtime/pause.ts';
import {SmError} from '../../../model/errors.ts';
import {checkName, checkShardId} from '../../../model/ids.ts';
import type {WaitCheckAnswer, WaitCheckQuery} from '../../../protocol/admin.ts';
import {decodeAppStatus} from '../../../protocol/records.ts';
import type {Watch, WatchBatch} from '../../../store/port.ts';
import {changeOfEvent} from '../../watching/app-changes.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {judge} from './wait-conditions.ts';
import type {Goal} from './wait-conditions.ts';
import {exists, listAppOrNothing, WHOLE_APP} from '../read/listing.ts';
import type {AppListing} from '../read/listing.ts';
import {appNotFound} from '../guards.ts';

/** Judging may take at most this part of the time. */
const JUDGING_SHARE = 0.2;
const LEAST_PAUSE_MS = 2;
/** A lost watch, or a goal that was met and is not any more, is looked at again after this, ms. */
const RELIST_PAUSE_MS = 50;

/** Answers held back at once; further ones are given at once. */
const WAITS_LIMIT = 200;

export class WaitChecks {
  private readonly dependencies: AdminDependencies;
  private open = 0;

  constructor(dependencies: AdminDependencies) {
    this.dependencies = dependencies;
  }

  /** @throws SmError INVALID_INPUT for a goal without meaning, APP_NOT_FOUND unless the wait is for the app itself. */
  async check(query: WaitCheckQuery, signal: AbortSignal): Promise<WaitCheckAnswer> {
    const timeoutMs = this.open < WAITS_LIMIT ? query.timeoutMs : 0;
    this.open++;
    try {
      return await waitCheck(this.dependencies, {...query, timeoutMs}, signal);
    } finally {
      this.open--;
    }
  }
}

async function waitCheck(
  dependencies: AdminDependencies,
  query: WaitCheckQuery,
  signal: AbortSignal,
): Promise<WaitCheckAnswer> {
  const goal = goalOf(query);
  const endMs = performance.now() + query.timeoutMs;
  for (;;) {
    const listing = await listFor(dependencies, query.service, goal);
    if (goal.kind !== 'app' && !exists(dependencies, listing)) throw appNotFound(query.service);
    const answer = judge(listing, goal, dependencies.plan);
    const leftMs = endMs - performance.now();
    if (answer.met || leftMs <= 0 || signal.aborted) return answer;
    // What is watched may be a mixture of revisions for a moment: it only says when to list again.
    const looksMet = await new LiveListing(dependencies, listing, goal).untilMet(leftMs, signal);
    if (!looksMet) await pause(Math.min(RELIST_PAUSE_MS, Math.max(0, endMs - performance.now())));
  }
}

/** As little as the goal needs: one shard of 100,000 must not cost a look at all of them. */
function listFor(dependencies: AdminDependencies, app: string, goal: Goal): Promise<AppListing> {
  if (goal.kind === 'shard')
    return listAppOrNothing(dependencies, app, WHOLE_APP, {shard: goal.id});
  const parts = goal.kind === 'app' ? WHOLE_APP : WHOLE_APP.filter((part) => part !== 'shards');
  return listAppOrNothing(dependencies, app, parts);
}

function goalOf({service, kind, id, for: wanted}: WaitCheckQuery): Goal {
  if (kind === 'app') {
    if (id !== '' && id !== service) {
      throw new SmError('INVALID_INPUT', 'for an app, id is its name or left out');
    }
    return {kind, for: wanted, id: service};
  }
  if (id === '') throw new SmError('INVALID_INPUT', `id of the ${kind} is missing`);
  if (kind === 'shard') checkShardId(id);
  else checkName('container', id);
  return {kind, for: wanted, id};
}

/** A listing that is kept up to date by watches until it looks as if the goal were met. */
class LiveListing {
  private readonly dependencies: AdminDependencies;
  private readonly goal: Goal;
  private listing: AppListing;
  private changed = false;
  private lost = false;
  private wake: () => void = () => undefined;

  constructor(dependencies: AdminDependencies, listing: AppListing, goal: Goal) {
    this.dependencies = dependencies;
    this.listing = listing;
    this.goal = goal;
  }

  /** true: looks met; false: out of time, or changes may be missing. */
  async untilMet(limitMs: number, signal: AbortSignal): Promise<boolean> {
    const endMs = performance.now() + limitMs;
    const watches = this.open();
    const stop = (): void => this.wake();
    signal.addEventListener('abort', stop, {once: true});
    try {
      while (!signal.aborted && !this.lost) {
        await this.change(endMs - performance.now());
        if (!this.changed) return false;
        this.changed = false;
        const startedMs = performance.now();
        if (judge(this.listing, this.goal, this.dependencies.plan).met) return true;
        const spentMs = performance.now() - startedMs;
        await pause(Math.max(LEAST_PAUSE_MS, spentMs / JUDGING_SHARE - spentMs), signal);
      }
      return false;
    } finally {
      signal.removeEventListener('abort', stop);
      for (const watch of watches) watch.close();
    }
  }

  private open(): Watch[] {
    const {store, keys} = this.dependencies;
    const {app, revision} = this.listing;
    const listener = {
      onBatch: (batch: WatchBatch) => this.take(batch),
      onLost: () => {
        this.lost = true;
        this.wake();
      },
    };
    const prefixes = [keys.appSpecPrefix(app), keys.appRuntimePrefix(app)];
    return prefixes.map((prefix) => store.watch(prefix, revision + 1, listener));
  }

  private take({revision, events}: WatchBatch): void {
    for (const event of events) {
      const key = event.type === 'put' ? event.entry.key : event.key;
      const parsed = this.dependencies.keys.parse(key);
      // Below sm's own service lie the specs of all apps.
      if (parsed === undefined || !('app' in parsed) || parsed.app !== this.listing.app) continue;
      if (parsed.kind === 'status' && event.type === 'put') this.takeStatus(event.entry.value);
      const change = changeOfEvent(parsed, event);
      if (change === undefined) continue;
      // A renewed heartbeat says nothing new about the goal.
      const renewed =
        change.kind === 'heartbeat' &&
        this.sameState(change.incarnation, change.entry?.value.state);
      if (this.listing.view.apply(change) && !renewed) this.touch();
    }
    this.listing = {...this.listing, revision: Math.max(this.listing.revision, revision)};
  }

  private sameState(incarnation: string, state: string | undefined): boolean {
    return this.listing.view.heartbeats.get(incarnation)?.value.state === state;
  }

  private takeStatus(text: string): void {
    const decoded = decodeAppStatus(text);
    if (!decoded.ok) return;
    this.listing = {...this.listing, status: decoded.value};
    this.touch();
  }

  private touch(): void {
    this.changed = true;
    this.wake();
  }

  private async change(limitMs: number): Promise<void> {
    if (this.changed || this.lost || limitMs <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
  }
}
