/** Records of one app or of all, listed once and then kept current by watches; shared by all views that show them. */
import {SmError} from '../../../../model/errors.ts';
import type {LeaderRecord} from '../../../../model/status.ts';
import {unknownSince} from '../../../../model/store-writes.ts';
import {
  decodeAppStatus,
  decodeCluster,
  decodeLeader,
  decodeMoveRound,
} from '../../../../protocol/records.ts';
import type {KeyValue, Watch, WatchBatch, WatchEvent} from '../../../../store/port.ts';
import {changeOf} from '../../../watching/app-changes.ts';
import type {AdminDependencies} from '../../dependencies.ts';
import {inSlices} from '../../read/listing.ts';
import {AppRecords} from './app-records.ts';
import {appNotFound} from '../../guards.ts';

/** After a lost watch, the records are listed anew; again after so long while that fails, ms. */
const RELIST_PAUSE_MS = 1_000;

interface World {
  readonly apps: Map<string, AppRecords>;
  leader: LeaderRecord | undefined;
  epoch: number;
  revision: number;
}

/** What a view sees of records: those of its app, or of all. */
export interface ViewRecords {
  /** What the views derive may be derived anew: of the records as they are now. */
  refresh(): void;
  readonly revision: number;
  readonly epoch: number;
  /** ISO time since when no write has committed; '' while writes commit. */
  readonly unknownSince: string;
  readonly leader: LeaderRecord | undefined;
  /** sm's own records, when they are in scope. */
  readonly own: AppRecords | undefined;
  /** The apps of the scope that exist, by name; of all: without sm itself. */
  apps(): AppRecords[];
  isThere(app: string): boolean;
}

export class LiveRecords implements ViewRecords {
  private readonly dependencies: AdminDependencies;
  /** The app; undefined for all. */
  private readonly scope: string | undefined;
  private readonly onChange: () => void;
  private world: World = emptyWorld();
  private watches: readonly Watch[] = [];
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(dependencies: AdminDependencies, scope: string | undefined, onChange: () => void) {
    this.dependencies = dependencies;
    this.scope = scope;
    this.onChange = onChange;
  }

  /** @throws SmError APP_NOT_FOUND, and what the store throws. */
  async open(): Promise<void> {
    const world = await this.list();
    if (this.scope !== undefined && !this.exists(world, this.scope)) throw appNotFound(this.scope);
    if (this.closed) throw new SmError('SERVER_UNAVAILABLE', 'closed', {retryable: true});
    this.follow(world);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const watch of this.watches) watch.close();
  }

  refresh(): void {
    const since = this.unknownSince;
    for (const records of this.world.apps.values()) records.refresh(since);
  }

  get unknownSince(): string {
    return unknownSince(this.dependencies.writes());
  }

  get revision(): number {
    return this.world.revision;
  }

  get epoch(): number {
    return this.world.epoch;
  }

  get leader(): LeaderRecord | undefined {
    return this.world.leader;
  }

  get own(): AppRecords | undefined {
    return this.world.apps.get(this.dependencies.service);
  }

  apps(): AppRecords[] {
    const {apps} = this.world;
    if (this.scope !== undefined) return this.named(this.scope);
    const named = [...apps.values()].filter(({app}) => this.exists(this.world, app));
    return named
      .filter(({app}) => app !== this.dependencies.service)
      .sort((a, b) => (a.app < b.app ? -1 : 1));
  }

  isThere(app: string): boolean {
    return this.exists(this.world, app);
  }

  /** The app's records, if there are any. */
  named(app: string): AppRecords[] {
    const records = this.world.apps.get(app);
    return records === undefined ? [] : [records];
  }

  private exists({apps}: World, app: string): boolean {
    if (app === this.dependencies.service) return true;
    const view = apps.get(app)?.view;
    return view !== undefined && !view.isGone;
  }

  private get prefixes(): string[] {
    const {keys} = this.dependencies;
    if (this.scope === undefined) return [keys.everyAppPrefix()];
    // The runtime prefix of sm itself holds the specs of all apps, its own among them.
    const runtime = keys.appRuntimePrefix(this.scope);
    return this.scope === keys.service ? [runtime] : [keys.appSpecPrefix(this.scope), runtime];
  }

  private async list(): Promise<World> {
    const {store, keys} = this.dependencies;
    const world = emptyWorld();
    const nowMs = performance.now();
    const cluster = await store.getMany([keys.cluster(), keys.leader()]);
    const {revision, entries} = await store.list(this.prefixes);
    for (const entry of cluster.entries)
      if (entry !== undefined) this.takeEntry(world, entry, nowMs);
    await inSlices(entries, (entry) => this.takeEntry(world, entry, nowMs));
    world.revision = revision;
    return world;
  }

  private follow(world: World): void {
    this.world = world;
    for (const watch of this.watches) watch.close();
    const listener = {
      onBatch: (batch: WatchBatch) => this.take(batch),
      onLost: () => this.relist(0),
    };
    this.watches = this.prefixes.map((prefix) =>
      this.dependencies.store.watch(prefix, world.revision + 1, listener),
    );
  }

  private relist(pauseMs: number): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.list().then(
        (world) => {
          if (this.closed) return;
          this.follow(world);
          this.onChange();
        },
        () => this.relist(RELIST_PAUSE_MS),
      );
    }, pauseMs);
    this.timer.unref();
  }

  private take({revision, events}: WatchBatch): void {
    const nowMs = performance.now();
    let told = false;
    for (const event of events) told = this.takeEvent(event, nowMs) || told;
    this.world.revision = Math.max(this.world.revision, revision);
    if (told) this.onChange();
  }

  private takeEvent(event: WatchEvent, nowMs: number): boolean {
    if (event.type === 'put') return this.takeEntry(this.world, event.entry, nowMs);
    return this.takeKey(this.world, event.key, undefined, event.mod, nowMs);
  }

  private takeEntry(world: World, entry: KeyValue, nowMs: number): boolean {
    return this.takeKey(world, entry.key, entry, entry.mod, nowMs);
  }

  private takeKey(
    world: World,
    key: string,
    entry: KeyValue | undefined,
    mod: number,
    nowMs: number,
  ): boolean {
    const parsed = this.dependencies.keys.parse(key);
    if (parsed === undefined) return false;
    if (parsed.kind === 'leader') {
      world.leader = valueOf(entry, decodeLeader);
      return true;
    }
    if (parsed.kind === 'cluster') {
      world.epoch = valueOf(entry, decodeCluster)?.epoch ?? world.epoch;
      return false;
    }
    if (parsed.kind === 'audit') return false;
    if (this.scope !== undefined && parsed.app !== this.scope) return false;
    const records = recordsOf(world, parsed.app);
    if (parsed.kind === 'status') records.takeStatus(valueOf(entry, decodeAppStatus));
    else if (parsed.kind === 'moves')
      records.takeRound(parsed.round, valueOf(entry, decodeMoveRound));
    else {
      const change = changeOf(parsed, entry, mod);
      return change !== undefined && records.apply(change, nowMs);
    }
    return true;
  }
}

/** One app's part of the records of all, as a view of that app sees it. */
export class OneApp implements ViewRecords {
  private readonly all: LiveRecords;
  private readonly app: string;

  constructor(all: LiveRecords, app: string) {
    this.all = all;
    this.app = app;
  }

  refresh(): void {
    this.all.refresh();
  }

  get unknownSince(): string {
    return this.all.unknownSince;
  }

  get revision(): number {
    return this.all.revision;
  }

  get epoch(): number {
    return this.all.epoch;
  }

  get leader(): LeaderRecord | undefined {
    return this.all.leader;
  }

  get own(): AppRecords | undefined {
    return this.all.own?.app === this.app ? this.all.own : undefined;
  }

  apps(): AppRecords[] {
    return this.all.named(this.app);
  }

  isThere(app: string): boolean {
    return this.all.isThere(app);
  }
}

function emptyWorld(): World {
  return {apps: new Map(), leader: undefined, epoch: 1, revision: 0};
}

function recordsOf({apps}: World, app: string): AppRecords {
  let records = apps.get(app);
  if (records === undefined) {
    records = new AppRecords(app);
    apps.set(app, records);
  }
  return records;
}

function valueOf<T>(
  entry: KeyValue | undefined,
  decode: (text: string) => {ok: true; value: T} | {ok: false},
): T | undefined {
  if (entry === undefined) return undefined;
  const decoded = decode(entry.value);
  return decoded.ok ? decoded.value : undefined;
}
