/**
 * A complete listing while it is taken in: which keys it has shown. Keys of shards, of which there may be millions, are marked in a column: no text is made for
 * them, and those that are known already need not be decoded.
 */
import type {AppChange, CorruptChange} from '../model/change.ts';
import {ROWS_BETWEEN_PAUSES} from './limits.ts';
import {unreadableKey} from './quarantine.ts';
import type {Quarantine} from './quarantine.ts';
import type {ShardRows} from './shard-rows.ts';
import type {ShardValues} from './shard-values.ts';

interface Known {
  readonly mod: number;
}

/** What is known of an app, as far as a listing asks: an `AppView`. */
interface ListedView {
  readonly spec: Known | undefined;
  readonly stops: Known | undefined;
  readonly rows: ShardRows;
  readonly shards: Pick<ShardValues<unknown>, 'mark' | 'markKnown' | 'isMissing'>;
  readonly own: Pick<ShardValues<unknown>, 'mark' | 'markKnown' | 'isMissing'>;
  readonly heartbeats: ReadonlyMap<string, Known>;
  readonly orders: ReadonlyMap<string, Known>;
  readonly overrides: ReadonlyMap<string, Known>;
  readonly ids: ReadonlyMap<string, Known>;
  readonly pools: ReadonlyMap<string, ReadonlySet<string>>;
  readonly quarantined: Quarantine;
}

export class ListingMarks {
  private readonly view: ListedView;
  private readonly listing: number;
  private readonly others = new Set<string>();

  /** `listing`: its number, another for each. */
  constructor(view: ListedView, listing: number) {
    this.view = view;
    this.listing = listing;
  }

  /** The listing shows the spec (`shard`) or the record (`own`) of the shard. Whether it is known at that revision: there is nothing to be taken. */
  isKnown(kind: 'shard' | 'own', shard: string, mod: number): boolean {
    const {shards, own} = this.view;
    return (kind === 'shard' ? shards : own).markKnown(shard, mod, this.listing);
  }

  /** The listing shows the key of this change, which the view has taken. */
  show(change: AppChange): void {
    const {shards, own} = this.view;
    if (change.kind === 'shard') shards.mark(change.shard, this.listing);
    else if (change.kind === 'own') own.mark(change.shard, this.listing);
    else {
      if (change.kind === 'corrupt') this.showUnreadable(change);
      this.others.add(listedKey(change));
    }
  }

  /**
   * Every key known that the listing, taken at `revision`, has not shown, as a deletion. They may be applied while this goes on. Undefined: so many
   * have been looked at that others may want to run.
   */
  *missing(revision: number): Generator<AppChange | undefined, undefined> {
    const mod = revision;
    const {spec, stops, heartbeats, orders, overrides, ids, pools, quarantined} = this.view;
    if (spec !== undefined && spec.mod <= revision && !this.others.has('spec'))
      yield {kind: 'spec', mod, entry: undefined};
    if (stops !== undefined && stops.mod <= revision && !this.others.has('stops'))
      yield {kind: 'stops', mod, entry: undefined};
    yield* this.missingShards(revision);
    for (const [incarnation, {mod: at}] of heartbeats)
      if (at <= revision && !this.others.has(`heartbeat/${incarnation}`))
        yield {kind: 'heartbeat', mod, incarnation, entry: undefined};
    for (const [kind, values] of [['order', orders] as const, ['override', overrides] as const])
      for (const [container, {mod: at}] of values)
        if (at <= revision && !this.others.has(`${kind}/${container}`))
          yield {kind, mod, container, entry: undefined};
    for (const [container, {mod: at}] of ids)
      if (at <= revision && !this.others.has(`id/${container}`))
        yield {kind: 'id', mod, container, incarnation: undefined};
    for (const [workerGroup, members] of pools) {
      for (const container of members)
        if (!this.others.has(`worker/${workerGroup}/${container}`))
          yield {kind: 'worker', mod, workerGroup, container, present: false};
    }
    for (const {what, id} of quarantined.unreadable())
      if (!this.others.has(unreadableKey(what, id))) yield unreadableGone(what, id, mod);
  }

  private *missingShards(revision: number): Generator<AppChange | undefined, undefined> {
    const {rows, shards, own} = this.view;
    for (let row = 0; row < rows.end; row += 1) {
      if (row % ROWS_BETWEEN_PAUSES === 0 && row > 0) yield undefined;
      const shard = rows.idAt(row);
      if (shard === undefined) continue;
      if (shards.isMissing(row, this.listing, revision))
        yield {kind: 'shard', mod: revision, shard, entry: undefined};
      // By now the row may be another's.
      if (rows.idAt(row) === shard && own.isMissing(row, this.listing, revision))
        yield {kind: 'own', mod: revision, shard, entry: undefined};
    }
  }

  /** What is known of it from before stays. */
  private showUnreadable({what, id}: CorruptChange): void {
    const {shards, own} = this.view;
    if (what === 'shard') shards.mark(id, this.listing);
    else if (what === 'own') own.mark(id, this.listing);
  }
}

/** The deletion of a key whose value could never be read. */
function unreadableGone(what: CorruptChange['what'], id: string, mod: number): AppChange {
  if (what === 'spec') return {kind: what, mod, entry: undefined};
  if (what === 'heartbeat') return {kind: what, mod, incarnation: id, entry: undefined};
  if (what === 'order' || what === 'override')
    return {kind: what, mod, container: id, entry: undefined};
  return {kind: what, mod, shard: id, entry: undefined};
}

/** The name of a change's key. */
export function listedKey(change: AppChange): string {
  switch (change.kind) {
    case 'spec':
    case 'stops':
      return change.kind;
    case 'shard':
    case 'own':
      return `${change.kind}/${change.shard}`;
    case 'heartbeat':
      return `heartbeat/${change.incarnation}`;
    case 'worker':
      return `worker/${change.workerGroup}/${change.container}`;
    case 'order':
    case 'override':
    case 'id':
      return `${change.kind}/${change.container}`;
    case 'corrupt':
      return unreadableKey(change.what, change.id);
  }
}
