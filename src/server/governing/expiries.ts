/**
 * Takes back what operators said for a while once it is over: pauses, pins and permissions to stop containers by their time, drains of one process with
 * that process. Each with an audit entry, as if somebody had done it.
 */
import type {AppView} from '../../appstate/app-view.ts';
import type {AuditEntry} from '../../model/audit.ts';
import type {AppChange} from '../../model/change.ts';
import {orderHolds} from '../../model/container-state.ts';
import {endsAtMs} from '../../model/operator-note.ts';
import type {OperatorNote} from '../../model/operator-note.ts';
import type {Versioned} from '../../model/ownership.ts';
import {PERMISSION_CLOCK_SLACK_MS} from '../../model/limits.ts';
import {permissionText} from '../../model/stop-permission.ts';
import type {StopPermission, StopPermissions} from '../../model/stop-permission.ts';
import {unpinned} from '../../model/specs.ts';
import type {ContainerOrder, ShardSpec} from '../../model/specs.ts';
import {encodeRecord} from '../../protocol/records.ts';
import type {Timer} from '../../runtime/clock.ts';
import {transactAudited} from '../../store/audited-write.ts';
import {deletion, unchanged} from '../../store/compares.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {stillGoverns} from '../../store/ownership-transactions.ts';
import {ENDED_DRAIN_KEPT_MS, EXPIRY_RETRY_MS, EXPIRY_SLEEP_MAX_MS} from './limits.ts';

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
  /** Undefined: nothing, the key goes. */
  readonly value: object | undefined;
  readonly object: string;
  readonly field: string;
  readonly before: string;
  readonly after: string;
  /** Why it is over: until when it was said, and by whom; '' where `before` says it. */
  readonly reason: string;
}

export class Expiries {
  private readonly options: ExpiryOptions;
  /** When pins end, Unix time in ms, by shard. */
  private readonly pins = new Map<string, number>();
  /** When the app's pause does. */
  private pauseEndsMs: number | undefined;
  /** When it is looked whether the processes of drains have ended, by container. */
  private readonly drains = new Map<string, number>();
  /** When the first permission to stop a container does. */
  private permissionEndsMs: number | undefined;
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
    if (change.kind === 'stops') {
      this.permissionEndsMs = firstToEnd(change.entry?.value)?.endMs;
      return this.permissionEndsMs !== undefined;
    }
    if (change.kind === 'order')
      return noteEnd(this.drains, change.container, drainKeptUntilMs(change.entry?.value));
    if (change.kind !== 'shard') return false;
    return noteEnd(this.pins, change.shard, endsAtMs(change.entry?.value.pinned));
  }

  private wait(leastMs: number): void {
    this.timer?.cancel();
    if (this.stopped) return;
    const {clock} = this.options;
    let nextMs = Math.min(this.pauseEndsMs ?? Infinity, this.permissionEndsMs ?? Infinity);
    for (const ends of [this.pins, this.drains])
      for (const endMs of ends.values()) nextMs = Math.min(nextMs, endMs);
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
    const {spec, stops, shards} = this.options.view();
    const due: Ended[] = [];
    if ((this.pauseEndsMs ?? Infinity) <= nowMs && spec !== undefined)
      due.push(this.endOfPause(spec));
    // All are in one key: the next one follows when the watch tells of this write.
    const first = firstToEnd(stops?.value);
    if (stops !== undefined && first !== undefined && first.endMs <= nowMs)
      due.push(this.endOfPermission(stops, first.permission));
    for (const [shard, endMs] of this.pins) {
      const known = shards.get(shard);
      if (known === undefined) this.pins.delete(shard);
      else if (endMs <= nowMs) due.push(this.endOfPin(shard, known));
    }
    for (const [container, lookMs] of this.drains) {
      if (lookMs > nowMs) continue;
      const ended = this.endOfDrain(container);
      if (ended === undefined) this.drains.set(container, nowMs + EXPIRY_SLEEP_MAX_MS);
      else due.push(ended);
    }
    return due;
  }

  /** Undefined while its process lives. */
  private endOfDrain(container: string): Ended | undefined {
    const {keys, app, view} = this.options;
    const {orders, heartbeats, ids} = view();
    const order = orders.get(container);
    if (order === undefined || heartbeats.has(order.value.incarnation)) return undefined;
    if (ids.get(container)?.incarnation === order.value.incarnation) return undefined;
    return {
      ...{key: keys.containerOrder(app, container), mod: order.mod, value: undefined},
      ...{reason: 'its process has ended', object: `container/${container}`},
      ...{field: 'order', before: 'drain', after: ''},
    };
  }

  private endOfPause({value, mod}: NonNullable<AppView['spec']>): Ended {
    const {keys, app} = this.options;
    const {pause, ...rest} = value;
    return {
      ...{key: keys.appSpec(app), mod, value: {...rest, paused: false}},
      reason: reasonOf(pause),
      ...{object: `app/${app}`, field: 'paused', before: 'true', after: 'false'},
    };
  }

  private endOfPermission(
    {value, mod}: Versioned<StopPermissions>,
    permission: StopPermission,
  ): Ended {
    const {keys, app} = this.options;
    const permissions = value.permissions.filter((one) => one !== permission);
    const {container} = permission;
    return {
      ...{key: keys.stopPermissions(app), mod, reason: ''},
      value: permissions.length === 0 ? undefined : {...value, permissions},
      ...{object: `container/${container}`, field: 'stop'},
      ...{before: permissionText(permission), after: ''},
    };
  }

  private endOfPin(shard: string, known: Versioned<ShardSpec>): Ended {
    const {keys, app, clock} = this.options;
    const {pinned, manualContainerId} = known.value;
    const value = unpinned(known.value, clock.wallMs());
    return {
      ...{key: keys.shardSpec(app, shard), mod: known.mod, value, reason: reasonOf(pinned)},
      ...{object: `shard/${shard}`, field: 'manualContainerId'},
      ...{before: manualContainerId, after: ''},
    };
  }

  /** Refused where somebody has changed it since: the news of that comes by the watch. */
  private async takeBack(ended: Ended): Promise<void> {
    const {store, fencingKey, onAudited, keys} = this.options;
    const compares = [stillGoverns(fencingKey), unchanged(ended.key, ended)];
    const {key, value} = ended;
    const write =
      value === undefined
        ? deletion({key})
        : ({op: 'put', key, value: encodeRecord(value)} as const);
    await transactAudited(
      {store, keys, onAudited},
      {compares, then: [write]},
      {entry: this.entryOf(ended), revision: ended.mod},
    );
  }

  private entryOf({object, field, before, after, reason}: Ended): AuditEntry {
    const {app, governor, clock} = this.options;
    return {
      ...{v: 1, at: new Date(clock.wallMs()).toISOString(), who: 'sm', from: governor},
      ...{operation: 'expire', service: app, objects: [object], objectCount: 1},
      ...{detail: {}, changed: [{object, field, before, after}], requestId: ''},
      reason,
    };
  }
}

/** True where there is an end. */
function noteEnd(ends: Map<string, number>, id: string, endMs: number | undefined): boolean {
  if (endMs === undefined) ends.delete(id);
  else ends.set(id, endMs);
  return endMs !== undefined;
}

/** Undefined for an order that holds for later processes, too. */
function drainKeptUntilMs(order: ContainerOrder | undefined): number | undefined {
  if (order === undefined || orderHolds(order, order.order, '')) return undefined;
  const saidMs = Date.parse(order.at);
  return Number.isNaN(saidMs) ? undefined : saidMs + ENDED_DRAIN_KEPT_MS;
}

function reasonOf(note: OperatorNote | undefined): string {
  return `${note?.by ?? ''} had set it until ${note?.until ?? ''}`;
}

/** The slack is that of `isInForce`: until then it may count for a daemon whose clock is behind. */
function firstToEnd(
  stops: StopPermissions | undefined,
): {readonly permission: StopPermission; readonly endMs: number} | undefined {
  let first: {readonly permission: StopPermission; readonly endMs: number} | undefined;
  for (const permission of stops?.permissions ?? []) {
    const endMs = Date.parse(permission.until) + PERMISSION_CLOCK_SLACK_MS;
    if (endMs < (first?.endMs ?? Infinity)) first = {permission, endMs};
  }
  return first;
}
