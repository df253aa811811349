/** Carrying a file out, one app at a time, under a marker: whatever cuts it off, the same call goes on. */
import {createHash} from 'node:crypto';
import type {FileApp, FileShard} from '../config/apps-file.ts';
import {counted} from '../model/counted.ts';
import {SmError} from '../model/errors.ts';
import {appDeleting} from '../model/not-found.ts';
import {saidTerms} from '../model/shard-content.ts';
import type {AddShardItem, BatchAnswer, ExportAppAnswer} from '../protocol/admin.ts';
import type {AdminClient} from '../admin/admin-client.ts';
import {countOf, diffApp} from './apps-diff.ts';
import type {AppDiff, FieldChange} from './apps-diff.ts';
import {RemoteError} from '../admin/remote-error.ts';
import {inBatches} from './shard-batches.ts';
import {CALLS_IN_FLIGHT, CHECKED_SHARDS, RENEW_MS} from './limits.ts';

/** Exit codes of faults that lie in what is applied: input, not found, conflict. */
const OF_ONE_APP: ReadonlySet<number> = new Set([2, 3, 4]);

export interface ApplyOptions {
  readonly prune: boolean;
  /** With prune: apps that may lose something; undefined: all. */
  readonly confirmed?: ReadonlySet<string> | undefined;
  readonly dryRun: boolean;
  readonly reason: string;
  readonly ifRevision: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number, app: string) => void;
}

export interface AppliedApp {
  readonly name: string;
  /** `failed`: it was refused as a whole, and is as it was or half way; the same call goes on. */
  readonly result: 'created' | 'configured' | 'unchanged' | 'failed';
  readonly added: number;
  /** Objects: the app itself, where its limits, its policy or its pause differed, and shards. */
  readonly updated: number;
  readonly removed: number;
  readonly members: number;
  /** There, not in the file, and left alone. */
  readonly unmanaged: number;
  readonly failed: number;
  readonly errors: readonly {readonly object: string; readonly error: string}[];
  /** What is done, and should be known. */
  readonly warnings: readonly {readonly object: string; readonly warning: string}[];
  readonly resumed: boolean;
  readonly specRevision: string;
}

/** The app's specs, or undefined when there is no such app. @throws SmError APP_DELETING; what the call throws. */
export async function exported(
  client: AdminClient,
  service: string,
): Promise<ExportAppAnswer | undefined> {
  try {
    const answer = await client.call('exportApp', {service});
    // It may be as the file says for a moment yet.
    if (answer.deleting === true) throw appDeleting(service);
    return answer;
  } catch (error) {
    if (error instanceof RemoteError && error.failure.code === 'APP_NOT_FOUND') return undefined;
    throw error;
  }
}

export async function applyApp(
  client: AdminClient,
  wanted: FileApp,
  options: ApplyOptions,
): Promise<AppliedApp> {
  return new Applying(client, wanted, options).run();
}

/** Only what concerns this app: a daemon that is away, or refuses the caller, does so for the next one, too. */
function isOfOneApp(error: unknown): error is Error {
  if (error instanceof SmError) return error.code === 'APP_DELETING';
  if (!(error instanceof RemoteError)) return false;
  const {exit, code} = error.failure;
  return OF_ONE_APP.has(exit) || code === 'STORE_CORRUPT';
}

/** One after the other: an app that is refused does not keep the others from being applied. A single one throws what refuses it. */
export async function applyApps(
  client: AdminClient,
  apps: readonly FileApp[],
  options: ApplyOptions,
): Promise<AppliedApp[]> {
  const applied: AppliedApp[] = [];
  for (const app of apps) {
    try {
      applied.push(await applyApp(client, app, options));
    } catch (error) {
      if (apps.length === 1 || !isOfOneApp(error)) throw error;
      applied.push(refusedApp(app.name, error.message));
    }
  }
  return applied;
}

function refusedApp(name: string, error: string): AppliedApp {
  const none = {added: 0, updated: 0, removed: 0, members: 0, unmanaged: 0};
  const said = {failed: 1, errors: [{object: `app/${name}`, error}], warnings: []};
  return {name, result: 'failed', ...none, ...said, resumed: false, specRevision: '0'};
}

/** Without what is by default. */
export function saidOf({load, spreadKey, priority, ...shard}: FileShard): AddShardItem {
  return {...shard, ...saidTerms({load, spreadKey, priority})};
}

/**
 * What differs, and nothing besides: a pin that is said again would lose its end, and an older daemon does not know all fields. What goes back
 * to its default is named.
 */
function changedOf({shardId, load, ...shard}: FileShard, changes: readonly FieldChange[]) {
  const fields = changes.map(({field}) => (field === 'pin' ? 'manualContainerId' : field));
  const all = {...shard, load: {...load}};
  return {shardId, ...picked(all, fields)};
}

function picked<T extends object>(all: T, fields: readonly string[]): Partial<T> {
  const wanted = Object.entries(all).filter(([field]) => fields.includes(field));
  return Object.fromEntries(wanted) as Partial<T>;
}

class Applying {
  private readonly client: AdminClient;
  private readonly wanted: FileApp;
  private readonly options: ApplyOptions;
  private readonly content: string;
  private readonly errors: {object: string; error: string}[] = [];
  private readonly warnings: {object: string; warning: string}[] = [];
  /** Shards that were refused, of those to add and of those to remove. */
  private readonly refused = {add: 0, remove: 0};
  private renewedMs = 0;
  private done = 0;
  private total = 0;
  private prunes: boolean;

  constructor(client: AdminClient, wanted: FileApp, options: ApplyOptions) {
    this.client = client;
    this.wanted = wanted;
    this.options = options;
    const {prune} = options;
    this.prunes = prune;
    this.content = createHash('sha256').update(JSON.stringify({wanted, prune})).digest('hex');
  }

  async run(): Promise<AppliedApp> {
    const {client, wanted} = this;
    const {prune, dryRun} = this.options;
    const first = diffApp(wanted, await exported(client, wanted.name));
    // A file that was applied as a whole is done, whatever revision it was meant for.
    if (countOf(first, prune) === 0)
      return this.outcome(first, 'unchanged', false, first.specRevision);
    this.total = countOf(first, prune);
    this.reportProgress();
    await this.refuseExisting(first);
    if (!first.exists) await this.create(first);
    if (dryRun && !first.exists) return this.outcome(first, 'created', false, '0');
    const resumed = await this.begin();
    let finished = false;
    try {
      const diff = first.exists
        ? diffApp(wanted, await exported(client, wanted.name))
        : {...first, spec: []};
      this.total = countOf(diff, prune);
      await this.carryOut(diff);
      finished = true;
      const {specRevision = '0'} = (await exported(client, wanted.name)) ?? {};
      return this.outcome(diff, first.exists ? 'configured' : 'created', resumed, specRevision);
    } finally {
      await this.end(finished);
    }
  }

  private async create({name}: AppDiff): Promise<void> {
    const {ifRevision, dryRun, reason} = this.options;
    if (ifRevision !== undefined && ifRevision !== '0')
      throw new SmError('CONFLICT', `there is no app ${name}, so it has no revision`, {
        hint: 'leave --if-revision out, or give 0',
      });
    const {maxShardCount, maxRecoveryTime, maxMoving, placement, paused} = this.wanted;
    const limits = {service: name, maxShardCount, maxRecoveryTime, maxMoving};
    const spec = {...limits, ...(placement === undefined ? {} : {placement})};
    await this.client.call('addSpec', {...spec, reason, dryRun});
    if (paused && !dryRun) await this.client.call('updateSpec', {service: name, paused, reason});
    this.step(1);
  }

  /** Revision 0: there is to be no app, unless an apply of the same file that was cut off has created it. */
  private async refuseExisting({name, exists, specRevision}: AppDiff): Promise<void> {
    if (!exists || this.options.ifRevision !== '0' || (await this.begin({dryRun: true}))) return;
    throw new SmError('CONFLICT', `the specs of ${name} are at revision ${specRevision}, not 0`, {
      hint: `look at what changed: sm export -a ${name}`,
    });
  }

  /** Acquires the marker, or renews it. @returns whether the same file had it before. */
  private async begin({dryRun}: Pick<ApplyOptions, 'dryRun'> = this.options): Promise<boolean> {
    const {ifRevision, reason} = this.options;
    const {resumed} = await this.client.call('beginApply', {
      ...{service: this.wanted.name, content: this.content, dryRun, reason},
      // By 0 an app is created, and has another revision from then on.
      ...(ifRevision === undefined || ifRevision === '0' ? {} : {ifRevision}),
    });
    if (!dryRun) this.renewedMs = performance.now();
    return resumed;
  }

  private async end(done: boolean): Promise<void> {
    const {dryRun, reason} = this.options;
    if (dryRun) return;
    const request = {service: this.wanted.name, content: this.content, done, reason};
    // A marker that stays behind is free after a minute, and at once for the same file.
    await this.client.call('endApply', request).catch(() => undefined);
  }

  private async carryOut(diff: AppDiff): Promise<void> {
    const {client, wanted} = this;
    const {dryRun, reason} = this.options;
    const {name: service, maxShardCount, maxRecoveryTime, maxMoving, paused} = wanted;
    if (diff.exists && diff.spec.length > 0) {
      const limits = {maxShardCount, maxRecoveryTime, maxMoving, paused};
      const spec = {...limits, placement: wanted.placement ?? {}};
      const fields = diff.spec.map(({field}) => field);
      // What differs, and nothing besides: a pause that is said again would lose its end.
      await client.call('updateSpec', {service, ...picked(spec, fields), reason, dryRun});
      this.step(1);
    }
    await this.each(diff.join, ({workerGroup, container: worker}) =>
      client.call('addWorker', {service, workerGroup, worker, reason, dryRun}),
    );
    if (dryRun) await this.checkShards(diff);
    else
      this.note(
        'add',
        await inBatches(client, 'addShards', service, diff.add.map(saidOf), this.batch()),
      );
    await this.each(diff.update, ({shard, changes}) =>
      client.call('updateShard', {service, ...changedOf(shard, changes), reason, dryRun}),
    );
    this.prunes &&= this.mayLose(diff);
    if (!this.prunes) return;
    const extra = diff.extra.map((shardId) => ({shardId}));
    if (!dryRun)
      this.note('remove', await inBatches(client, 'delShards', service, extra, this.batch()));
    await this.each(diff.extraMemberships, ({workerGroup, container: worker}) =>
      client.call('delWorker', {service, workerGroup, worker, reason, dryRun}),
    );
  }

  /** What was added after the question was asked has been confirmed by nobody. */
  private mayLose({name, extra, extraMemberships}: AppDiff): boolean {
    const {confirmed} = this.options;
    const lost = extra.length + extraMemberships.length;
    if (lost === 0 || confirmed === undefined || confirmed.has(name)) return true;
    const error = `${counted(lost, 'object')} that the files do not declare came meanwhile, and nobody has confirmed their removal: add --confirm ${name}`;
    this.errors.push({object: `app/${name}`, error});
    return false;
  }

  /** The server looks at what would be added; in one call, as large as it takes. */
  private async checkShards({add}: AppDiff): Promise<void> {
    const {name: service} = this.wanted;
    const some = add.slice(0, CHECKED_SHARDS).map(saidOf);
    if (some.length === 0) return;
    this.note('add', await this.client.call('addShards', {service, shards: some, dryRun: true}));
  }

  private batch() {
    const before = this.done;
    return {
      reason: this.options.reason,
      between: async (done: number): Promise<void> => {
        this.step(before + done - this.done);
        await this.pause();
      },
    };
  }

  /** What fails first ends it; nothing is under way any more then. */
  private async each<T>(items: readonly T[], call: (item: T) => Promise<unknown>): Promise<void> {
    const next = items.values();
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      for (const item of next) {
        if (failures.length > 0) return;
        await call(item);
        this.step(1);
        await this.pause();
      }
    };
    const worker = (): Promise<void> => work().catch((error: unknown) => void failures.push(error));
    await Promise.all(Array.from({length: CALLS_IN_FLIGHT}, worker));
    if (failures.length > 0) throw failures[0];
  }

  /** Between two calls: whether to go on, and the marker. */
  private async pause(): Promise<void> {
    this.options.signal.throwIfAborted();
    if (this.options.dryRun || performance.now() - this.renewedMs < RENEW_MS) return;
    await this.begin();
  }

  private note(work: keyof Applying['refused'], {items, failed}: BatchAnswer): void {
    this.refused[work] += failed;
    for (const {shardId, error, warning} of items) {
      const object = `shard/${shardId}`;
      if (error !== undefined) this.errors.push({object, error});
      if (warning !== undefined) this.warnings.push({object, warning});
    }
  }

  private step(count: number): void {
    this.done += count;
    this.reportProgress();
  }

  private reportProgress(): void {
    this.options.onProgress(Math.min(this.done, this.total), this.total, this.wanted.name);
  }

  private outcome(
    diff: AppDiff,
    result: AppliedApp['result'],
    resumed: boolean,
    specRevision: string,
  ): AppliedApp {
    const {prunes} = this;
    const left = diff.extra.length + diff.extraMemberships.length;
    const failed = this.errors.length;
    return {
      ...{name: diff.name, result, resumed, specRevision},
      added: diff.add.length - this.refused.add,
      updated: diff.update.length + (diff.spec.length > 0 ? 1 : 0),
      removed: prunes ? diff.extra.length - this.refused.remove : 0,
      members: diff.join.length + (prunes ? diff.extraMemberships.length : 0),
      unmanaged: prunes ? 0 : left,
      failed,
      errors: this.errors,
      warnings: this.warnings,
    };
  }
}
