/** What is sent of shards to whoever plans beside the governor: each change once, and what hangs on the state of containers as a home key. */
import {NO_ROW} from '../appstate/shard-rows.ts';
import type {ShardRows} from '../appstate/shard-rows.ts';
import type {AppView} from '../appstate/app-view.ts';
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {PlacementShard} from '../model/placement.ts';
import type {RowBatch, WarmShard} from '../planner/warm-table.ts';
import {comesBackTo, isOpenFor} from './containers.ts';
import type {Arrival, Living} from './containers.ts';
import {HOMES_KEPT} from './limits.ts';
import type {LoadTerms} from './load-terms.ts';
import {cancelledTo} from './move-gate.ts';
import {placementShard} from './placement.ts';
import type {Arriving} from './placement.ts';

/** How a record names a container: as its owner, as who may claim it, or as who gets it next. The latter two count only while it is open for the shard. */
interface CountingContainer extends Arrival {
  readonly kind: 'owner' | 'assigned' | 'next';
  readonly container: string;
  /** '' for any. */
  readonly incarnation: string;
}

/** The rows that have to be sent. The view knows them for one who follows it. */
export type ChangedRows = Pick<
  ShardRows,
  'follow' | 'unfollow' | 'touch' | 'hasTouched' | 'takeTouched'
>;

const NO_ARRIVAL: Arrival = {comesBack: false, onTrial: false};

export class RowFeed {
  /** Rows of shards one of whose moves an operator has cancelled. */
  private readonly cancelled = new Set<number>();
  private readonly view: AppView;
  private readonly arriving: Arriving;
  private readonly changed: ChangedRows;
  private readonly homes = new Map<string, CountingContainer>();
  private tried: readonly number[] = [];
  private isFresh = true;

  constructor(view: AppView, arriving: Arriving, changed: ChangedRows = view.rows) {
    this.view = view;
    this.arriving = arriving;
    this.changed = changed;
  }

  /** Nothing was sent yet, or all is to be sent anew. */
  restart(): void {
    this.isFresh = true;
    this.homes.clear();
    this.cancelled.clear();
    this.changed.follow();
  }

  stop(): void {
    this.changed.unfollow();
  }

  get isLeft(): boolean {
    return this.isFresh || this.changed.hasTouched;
  }

  /** Home keys have become too many: those of containers that are gone are among them. */
  get isOld(): boolean {
    return this.homes.size > HOMES_KEPT;
  }

  /** What is on trial, or was when this was called last, counts for another home than what is not. */
  noteTrials(): void {
    const {rows} = this.view;
    const now = Array.from(this.arriving.trials.keys(), (shard) => rows.rowOf(shard));
    for (const row of [...this.tried, ...now]) this.changed.touch(row);
    this.tried = now;
  }

  /** All rows are to be sent again, for their loads have changed. */
  resendAll(): void {
    this.changed.follow();
  }

  /** The next changes, of so many rows at most. */
  next(most: number, loads: LoadTerms | undefined): RowBatch {
    const {isFresh} = this;
    this.isFresh = false;
    const set: WarmShard[] = [];
    const removed: number[] = [];
    for (const row of this.changed.takeTouched(most)) {
      const changed = this.shardAt(row, loads);
      if (changed === undefined) removed.push(row);
      else set.push(changed);
    }
    return {isFresh, set, removed};
  }

  /** By home key: the container that it stands for now. */
  homesNow(living: Living): Map<string, string> {
    const now = new Map<string, string>();
    for (const [key, home] of this.homes) {
      const found = living.get(home.container);
      if (found === undefined) continue;
      const isIt = home.incarnation === '' || found.incarnation === home.incarnation;
      const counts = home.kind === 'owner' || isOpenFor(found, home);
      if (isIt && counts) now.set(key, home.container);
    }
    return now;
  }

  /** By row: the container to which an operator has cancelled the move of the shard. */
  cancelledNow(living: Living): Map<number, string> {
    const {view} = this;
    const now = new Map<number, string>();
    for (const row of this.cancelled) {
      const to = cancelledTo(view.rows.idAt(row) ?? '', view, living);
      if (to !== '') now.set(row, to);
    }
    return now;
  }

  private shardAt(row: number, loads: LoadTerms | undefined): WarmShard | undefined {
    const {view} = this;
    this.cancelled.delete(row);
    const id = view.rows.idAt(row);
    const spec = view.shards.at(row)?.value;
    if (id === undefined || spec === undefined || view.isQuarantined(id)) return undefined;
    if (spec.cancelledMove !== undefined) this.cancelled.add(row);
    const known = view.own.at(row);
    const {metrics} = placementOf(view.spec?.value);
    const shard = placementShard(id, spec, known, '', metrics, loads);
    const {state, ready} = known?.value ?? {};
    const isReady = state === 'owned' && ready === true;
    return {
      row,
      shard: withFailures(shard, known),
      homeKey: this.countingIn(id, known?.value),
      isReady,
    };
  }

  /** The same rule as `countsFor`, of which living containers are left out. */
  private countingIn(shard: string, record: OwnershipRecord | undefined): string {
    if (record === undefined || this.arriving.turnedAway.has(shard)) return '';
    const {state, container, incarnation, move, failures} = record;
    const arrivalAt = (there: string): Arrival => ({
      comesBack: comesBackTo(there, move),
      onTrial: this.arriving.trials.get(shard)?.container === there,
    });
    if (state === 'owned')
      return this.keyOf({kind: 'owner', container, incarnation, ...NO_ARRIVAL});
    if (state === 'assigned')
      return this.keyOf({kind: 'assigned', container, incarnation, ...arrivalAt(container)});
    if (move === null || move.to === '' || failures > 0) return '';
    return this.keyOf({kind: 'next', container: move.to, incarnation: '', ...arrivalAt(move.to)});
  }

  private keyOf(home: CountingContainer): string {
    const {kind, container, incarnation, comesBack, onTrial} = home;
    const how = `${kind}${comesBack ? ' again' : ''}${onTrial ? ' on trial' : ''}`;
    const key = `${how} ${container} ${incarnation}`;
    if (!this.homes.has(key)) this.homes.set(key, home);
    return key;
  }
}

function withFailures(
  shard: PlacementShard,
  known: Versioned<OwnershipRecord> | undefined,
): PlacementShard {
  const failures = known?.value.failures ?? 0;
  return failures === 0 ? shard : {...shard, failures};
}

/** The rows of those that have one. */
export function rowsOf(view: AppView, shards: Iterable<string>): Set<number> {
  const rows = new Set<number>();
  for (const shard of shards) rows.add(view.rows.rowOf(shard));
  rows.delete(NO_ROW);
  return rows;
}
