/** The governor's writes under way: at most one per shard, and how many shards are about to arrive at each container. */
import type {AppView} from '../appstate/app-view.ts';
import type {AppChange} from '../model/change.ts';
import type {Transition} from '../model/transition.ts';

export interface PendingWrite {
  readonly op: number;
  /** Incarnation that is given the shard; '' for none. */
  readonly to: string;
  readonly transition: Transition;
}

export class PendingWrites {
  private readonly writes = new Map<string, PendingWrite>();
  private readonly admissions = new Map<string, number>();
  private ops = 0;

  get size(): number {
    return this.writes.size;
  }

  shards(): Iterable<string> {
    return this.writes.keys();
  }

  has(shard: string): boolean {
    return this.writes.has(shard);
  }

  of(shard: string): PendingWrite | undefined {
    return this.writes.get(shard);
  }

  /** Shards that writes under way give to this incarnation. */
  arriving(incarnation: string): number {
    return this.admissions.get(incarnation) ?? 0;
  }

  /** Notes the write and returns its number. */
  submit(transition: Transition): number {
    this.ops += 1;
    const to = transition.record?.state === 'assigned' ? transition.record.incarnation : '';
    this.writes.set(transition.shard, {op: this.ops, to, transition});
    if (to !== '') this.admissions.set(to, this.arriving(to) + 1);
    return this.ops;
  }

  settle(shard: string): void {
    const to = this.writes.get(shard)?.to ?? '';
    this.writes.delete(shard);
    if (to === '') return;
    const left = this.arriving(to) - 1;
    if (left > 0) this.admissions.set(to, left);
    else this.admissions.delete(to);
  }
}

/** The change that a committed write has made. */
export function committedChange(
  {shard, record}: Transition,
  revision: number,
  {own}: Pick<AppView, 'own'>,
): AppChange {
  const create = own.get(shard)?.create ?? revision;
  const entry = record === null ? undefined : {value: record, mod: revision, create};
  return {kind: 'own', mod: revision, shard, entry};
}
