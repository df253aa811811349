/** Takes back what operators said for a while, pauses and pins, once their time is over: with an audit entry, as if somebody had done it. */
import type {AppView} from '../../appstate/app-view.ts';
import type {AuditEntry} from '../../model/audit.ts';
import type {AppChange} from '../../model/change.ts';
import {endsAtMs} from '../../model/operator-note.ts';
import type {OperatorNote} from '../../model/operator-note.ts';
import type {Versioned} from '../../model/ownership.ts';
import {unpinned} from '../../model/specs.ts';
import type {ShardSpec} from '../../model/specs.ts';
import {encodeRecord} from '../../protocol/records.ts';
import type {Timer} from '../../runtime/clock.ts';
import {transactAudited} from '../../store/audited-write.ts';
import {unchanged} from '../../store/compares.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {stillGoverns} from '../../store/ownership-transactions.ts';
import {EXPIRY_RETRY_MS, EXPIRY_SLEEP_MAX_MS} from './limits.ts';

export interface ExpiryOptions extends Pick<
  GovernedApp,
  'app' | 'governor' | 'keys' | 'store' | 'fencingKey' | 'clock' | 'onAudited'
> {
  readonly view: () => AppView;
}

/** What to write in the place of what is over. */
interface Ended {
  readonly key: string;
  readonly mod: number;
  readonly value: object;
  readonly object: string;
  readonly field: string;
  readonly before: string;
  readonly after: string;
  readonly note: OperatorNote | undefined;
}

export class Expiries {
  private readonly options: ExpiryOptions;
  /** When pins end, Unix time in ms, by shard. */
  private readonly pins = new Map<string, number>();
  /** When the app's pause does. */
  private pauseEndsMs: number | undefined;
  private timer: Timer | undefined;
  private stopped = false;

  constructor(options: ExpiryOptions) {
    this.options = options;
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Takes note of what has changed in the app, once the view knows it. */
  note(changes: Iterable<AppChange>): void {
    Array.from(this.noting(changes));
  }

  /** The same changes, noted while they are gone through: a listing is taken in part by part. */
  *noting(changes: Iterable<AppChange>): Generator<AppChange> {
    let isNews = false;
    for (const change of changes) {
      isNews = this.see(change) || isNews;
      yield change;
    }
    if (isNews) this.wait(0);
  }

  /** True when something ends by itself. */
  private see(change: AppChange): boolean {
    if (change.kind === 'spec') {
      this.pauseEndsMs = endsAtMs(change.entry?.value.pause);
      return this.pauseEndsMs !== undefined;
    }
    if (change.kind !== 'shard') return false;
    const endMs = endsAtMs(change.entry?.value.pinned);
    if (endMs === undefined) this.pins.delete(change.shard);
    else this.pins.set(change.shard, endMs);
    return endMs !== undefined;
  }

  private wait(leastMs: number): void {
    this.timer?.cancel();
    if (this.stopped) return;
    const {clock} = this.options;
    let nextMs = this.pauseEndsMs ?? Infinity;
    for (const endMs of this.pins.values()) nextMs = Math.min(nextMs, endMs);
    if (nextMs === Infinity) return;
    const pauseMs = Math.min(EXPIRY_SLEEP_MAX_MS, Math.max(leastMs, nextMs - clock.wallMs()));
    this.timer = clock.after(pauseMs, () => void this.look());
  }

  private async look(): Promise<void> {
    const nowMs = this.options.clock.wallMs();
    for (const ended of this.due(nowMs)) {
      if (this.stopped) return;
      await this.takeBack(ended);
    }
    this.wait(EXPIRY_RETRY_MS);
  }

  private due(nowMs: number): Ended[] {
    const {spec, shards} = this.options.view();
    const due: Ended[] = [];
    if ((this.pauseEndsMs ?? Infinity) <= nowMs && spec !== undefined)
      due.push(this.endOfPause(spec));
    for (const [shard, endMs] of this.pins) {
      const known = shards.get(shard);
      if (known === undefined) this.pins.delete(shard);
      else if (endMs <= nowMs) due.push(this.endOfPin(shard, known));
    }
    return due;
  }

  private endOfPause({value, mod}: NonNullable<AppView['spec']>): Ended {
    const {keys, app} = this.options;
    const {pause, ...rest} = value;
    return {
      ...{key: keys.appSpec(app), mod, value: {...rest, paused: false}, note: pause},
      ...{object: `app/${app}`, field: 'paused', before: 'true', after: 'false'},
    };
  }

  private endOfPin(shard: string, known: Versioned<ShardSpec>): Ended {
    const {keys, app, clock} = this.options;
    const {pinned, manualContainerId} = known.value;
    const value = unpinned(known.value, clock.wallMs());
    return {
      ...{key: keys.shardSpec(app, shard), mod: known.mod, value, note: pinned},
      ...{object: `shard/${shard}`, field: 'manualContainerId'},
      ...{before: manualContainerId, after: ''},
    };
  }

  /** Refused where somebody has changed it since: the news of that comes by the watch. */
  private async takeBack(ended: Ended): Promise<void> {
    const {store, fencingKey, onAudited, keys} = this.options;
    const compares = [stillGoverns(fencingKey), unchanged(ended.key, ended)];
    const put = {op: 'put', key: ended.key, value: encodeRecord(ended.value)} as const;
    await transactAudited(
      {store, keys, onAudited},
      {compares, then: [put], otherwise: []},
      {entry: this.entryOf(ended), revision: ended.mod},
    );
  }

  private entryOf({object, field, before, after, note}: Ended): AuditEntry {
    const {app, governor, clock} = this.options;
    return {
      ...{v: 1, at: new Date(clock.wallMs()).toISOString(), who: 'sm', from: governor},
      ...{operation: 'expire', service: app, objects: [object], objectCount: 1},
      ...{detail: {}, changed: [{object, field, before, after}], requestId: ''},
      reason: `${note?.by ?? ''} had set it until ${note?.until ?? ''}`,
    };
  }
}
