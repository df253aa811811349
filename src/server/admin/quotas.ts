/**
 * Whether an app, and the cluster, has room for what a request adds. Where four fifths of a quota are free the governor's summary is proof
 * enough; else the app is looked at as it is now, so that the limit is met to the shard. Requests to other daemons at the same moment, and the
 * cluster's sums, which the leader counts every few seconds, are known a little later: by so much a quota may be passed.
 */
import {groupOf, specBytes} from '../../appstate/spec-tally.ts';
import type {CountedSpec} from '../../appstate/spec-tally.ts';
import {usageOf} from '../../appstate/usage.ts';
import type {AppView} from '../../appstate/app-view.ts';
import {valueOf} from '../../appview/app-news.ts';
import {inSlices} from '../../appview/listing.ts';
import type {SmError} from '../../model/errors.ts';
import {appQuota, overAppQuota, overClusterQuota} from '../../model/quota.ts';
import type {ClusterQuota} from '../../model/quota.ts';
import {decodeAppSpec, decodeAppStatus} from '../../protocol/records.ts';
import {decodeUsage} from '../../protocol/quota-fields.ts';
import type {Keys} from '../../etcd/keys.ts';
import type {KeyValue, Store} from '../../store/port.ts';
import {LEDGERS_LIMIT, OWN_WRITES_SEEN_MS} from './limits.ts';
import {QUOTA_WARN_SHARE} from '../../model/limits.ts';

/** What a request adds: a shard with its spec as it will be, or a worker group. */
export type Addition =
  | {
      readonly id: string;
      readonly spec: (before: CountedSpec | undefined) => CountedSpec;
      /** Where there is no such shard nothing is added. Default: one is. */
      readonly mustExist?: boolean;
    }
  | {readonly workerGroup: string};

/** Sums of what quotas of an app count of specs. */
interface Sums {
  shards: number;
  specBytes: number;
  groups: Set<string>;
}

type Counted = 'shards' | 'specBytes' | 'groups';
const COUNTED: readonly Counted[] = ['shards', 'specBytes', 'groups'];

/** What is asked of an app as it is now. */
interface Asked {
  readonly app: string;
  readonly view: AppView;
  readonly quota: Readonly<Record<Counted, number>>;
  readonly additions: readonly Addition[];
}

/** What this daemon has admitted and a summary may not show yet. */
interface Ledger {
  /** Of requests that are under way. */
  readonly open: Set<Sums>;
  /** Of those that have ended since the base. */
  ended: Sums;
  endedRevision: number;
  endedAtMs: number;
}

export interface Admission {
  /** By id of the shard: why it has no room. Worker groups stand under their names. */
  readonly refused: ReadonlyMap<string, SmError>;
  /** The request has ended; `revision` of its last write, undefined: it has written nothing. Once. */
  readonly done: (revision: number | undefined) => void;
}

/** Nothing is limited. */
export const NOTHING_ADMITTED: Admission = {refused: new Map(), done: () => undefined};

/** Where the app is looked at. */
export interface QuotaReading {
  readonly store: Store;
  readonly keys: Keys;
  /** The app as it is now. */
  readonly look: () => Promise<AppView>;
}

export class Quotas {
  private readonly ledgers = new Map<string, Ledger>();
  private readonly options: {cluster: () => ClusterQuota; nowMs: () => number};

  constructor(options: Quotas['options']) {
    this.options = options;
  }

  /** Most apps, and what else the cluster may have, as the configuration says now. */
  get ofCluster(): ClusterQuota {
    return this.options.cluster();
  }

  /** Admits what has room, and counts it until `done`. @throws what the store throws. */
  async admit(
    reading: QuotaReading,
    app: string,
    additions: readonly Addition[],
  ): Promise<Admission> {
    const {store, keys} = reading;
    const upper = emptySums();
    await inSlices(additions, (one) => count(upper, one, undefined));
    const read = [keys.appSpec(app), keys.status(app), keys.usage()];
    const {entries} = await store.getMany(read);
    const [spec, status, usage] = entries;
    if (spec === undefined) return NOTHING_ADMITTED;
    const quota = appQuota(valueOf(spec, decodeAppSpec)?.quota);
    const ledger = this.ledgerOf(app);
    this.forgetSeen(ledger, status?.mod ?? 0);
    const refused = new Map<string, SmError>();
    let taken = upper;
    if (!this.hasPlenty(ledger, status, quota, upper)) {
      const view = await reading.look();
      taken = this.exactly(ledger, {app, view, quota, additions}, refused);
    }
    const over = this.overCluster(usage, taken);
    if (over !== undefined)
      for (const one of additions) if (!refused.has(nameOf(one))) refused.set(nameOf(one), over);
    if (over !== undefined) taken = emptySums();
    ledger.open.add(taken);
    return {refused, done: (revision) => this.ended(app, taken, revision)};
  }

  private ended(app: string, taken: Sums, revision: number | undefined): void {
    const ledger = this.ledgerOf(app);
    ledger.open.delete(taken);
    if (revision === undefined) return;
    add(ledger.ended, taken);
    ledger.endedRevision = Math.max(ledger.endedRevision, revision);
    ledger.endedAtMs = this.options.nowMs();
  }

  private ledgerOf(app: string): Ledger {
    let ledger = this.ledgers.get(app);
    if (ledger === undefined) {
      this.forgetOldest();
      ledger = {open: new Set(), ended: emptySums(), endedRevision: 0, endedAtMs: 0};
      this.ledgers.set(app, ledger);
    }
    return ledger;
  }

  private forgetOldest(): void {
    if (this.ledgers.size < LEDGERS_LIMIT) return;
    for (const [app, {open}] of this.ledgers) {
      if (open.size > 0) continue;
      this.ledgers.delete(app);
      return;
    }
  }

  /** A summary that is newer than the last of them, and has had time to notice it, counts them itself. */
  private forgetSeen(ledger: Ledger, statusMod: number): void {
    const isOld = this.options.nowMs() - ledger.endedAtMs >= OWN_WRITES_SEEN_MS;
    if (isOld && statusMod > ledger.endedRevision) ledger.ended = emptySums();
  }

  /** By the summary, taking everything for new, a fifth stays free. */
  private hasPlenty(
    ledger: Ledger,
    entry: KeyValue | undefined,
    quota: Readonly<Record<Counted, number>>,
    wanted: Sums,
  ): boolean {
    const used = valueOf(entry, decodeAppStatus)?.usage;
    if (used === undefined) return false;
    const sums = emptySums();
    for (const one of [ledger.ended, ...ledger.open, wanted]) add(sums, one);
    return COUNTED.every(
      (name) => used[name] + countOf(sums, name) <= QUOTA_WARN_SHARE * quota[name],
    );
  }

  /** What of it has room, one after the other; the rest goes to `refused`. */
  private exactly(
    ledger: Ledger,
    {app, view, quota, additions}: Asked,
    refused: Map<string, SmError>,
  ): Sums {
    const used = usageOf(view);
    const all = emptySums();
    for (const open of ledger.open) add(all, open);
    const taken = emptySums();
    for (const addition of additions) {
      const one = emptySums();
      count(one, addition, view);
      for (const group of one.groups) if (all.groups.has(group)) one.groups.delete(group);
      const over = COUNTED.find((name) => {
        const more = countOf(one, name);
        return more > 0 && used[name] + countOf(all, name) + more > quota[name];
      });
      if (over === undefined) for (const sums of [all, taken]) add(sums, one);
      else
        refused.set(
          nameOf(addition),
          overAppQuota(app, over, quota[over], used[over] + countOf(all, over)),
        );
    }
    // What has ended is in the view.
    ledger.ended = emptySums();
    return taken;
  }

  private overCluster(entry: KeyValue | undefined, taken: Sums): SmError | undefined {
    const used = entry === undefined ? undefined : decodeUsage(entry.value)?.used;
    if (used === undefined) return undefined;
    const quota = this.options.cluster();
    for (const name of COUNTED) {
      const [has, more] = [used[name] + this.openOf(name), countOf(taken, name)];
      if (more > 0 && has + more > quota[name]) return overClusterQuota(name, quota[name], has);
    }
    return undefined;
  }

  /** Of all apps, what is under way here. */
  private openOf(name: Counted): number {
    let count = 0;
    for (const {open} of this.ledgers.values())
      for (const sums of open) count += countOf(sums, name);
    return count;
  }
}

/** Adds to the sums what the addition adds to the view; to an unknown one (`view` undefined) all of it is new. */
function count(sums: Sums, addition: Addition, view: AppView | undefined): void {
  if ('workerGroup' in addition) {
    const {workerGroup} = addition;
    if (view?.pools.has(workerGroup) !== true) sums.groups.add(`workers ${workerGroup}`);
    return;
  }
  const before = view?.shards.get(addition.id)?.value;
  if (view !== undefined && before === undefined && addition.mustExist === true) return;
  const after = addition.spec(before);
  if (before === undefined) sums.shards += 1;
  sums.specBytes += Math.max(0, specBytes(after) - (before === undefined ? 0 : specBytes(before)));
  if (view?.specs.hasGroup(groupOf(after)) !== true) sums.groups.add(groupOf(after));
}

function nameOf(addition: Addition): string {
  return 'id' in addition ? addition.id : addition.workerGroup;
}

function emptySums(): Sums {
  return {shards: 0, specBytes: 0, groups: new Set()};
}

function add(sums: Sums, more: Sums): void {
  sums.shards += more.shards;
  sums.specBytes += more.specBytes;
  for (const group of more.groups) sums.groups.add(group);
}

function countOf(sums: Sums, name: Counted): number {
  return name === 'groups' ? sums.groups.size : sums[name];
}
