/** Adding and removing many shards: transactions of up to 100 operations, several in flight, an answer per item. */
import type * as z from 'zod';
import {chunksBySize} from '../../../model/chunks.ts';
import {SmError} from '../../../model/errors.ts';
import {utf8Length} from '../../../model/ids.ts';
import {addShardItem, delShardItem} from '../../../protocol/admin.ts';
import type {AdminRequest, BatchAnswer, BatchItemResult} from '../../../protocol/admin.ts';
import {encodeRecord} from '../../../protocol/records.ts';
import {beginInSlice} from '../../../runtime/slices.ts';
import {absent, present, unchanged} from '../../../store/compares.ts';
import type {KeyValue, Operation, Transaction, TransactionOutcome} from '../../../store/port.ts';
import {atOnce} from '../dependencies.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {inSlices} from '../../../appview/listing.ts';
import {liveSpec, refuseOwnService} from '../guards.ts';
import type {Addition, Admission} from '../quotas.ts';
import {admitted} from './quota-admission.ts';
import {conflictText, idWarning, newShardSpec, sameContent} from '../shard-content.ts';
import {
  BATCH_ATTEMPTS_LIMIT,
  BYTES_PER_OPERATION,
  BYTES_PER_WRITE,
  ITEMS_AT_ONCE,
  OPERATIONS_PER_WRITE,
  WRITES_IN_FLIGHT,
} from '../limits.ts';
import {SHARD_ID_MAX_BYTES} from '../../../model/limits.ts';
import {appNotFound} from '../../../model/not-found.ts';

interface Item {
  readonly shardId: string;
  readonly key: string;
  readonly operation: Operation;
  /** The result when the key is not in the state that the write needs, given what is there. */
  readonly otherwise: (entry: KeyValue | undefined) => BatchItemResult;
  readonly done: BatchItemResult;
  /** Whether the write needs the key to be there (delete) or not (create). */
  readonly needsPresent: boolean;
  /** What it takes of the app's quotas; absent: nothing. */
  readonly addition?: Addition;
}

interface ItemAnswer {
  shardId: string;
  result: BatchItemResult;
  error?: string;
}

const FAILURES: ReadonlySet<BatchItemResult> = new Set([
  'conflict',
  'invalid',
  'refused',
  'duplicate',
  'unknown',
]);

export async function addShards(
  dependencies: AdminDependencies,
  {service: app, shards, dryRun}: AdminRequest<'addShards'>,
): Promise<BatchAnswer> {
  const {keys, wallMs} = dependencies;
  const now = wallMs();
  const batch = new Batch(dependencies, app, true, dryRun);
  const answer = await batch.run(shards, addShardItem, (item) => {
    const key = keys.shardSpec(app, item.shardId);
    const value = encodeRecord(newShardSpec(app, item.shardId, item, now));
    return {
      shardId: item.shardId,
      key,
      operation: {op: 'put', key, value},
      otherwise: (entry) =>
        entry !== undefined && sameContent(entry.value, item) ? 'unchanged' : 'conflict',
      done: 'created',
      needsPresent: false,
      addition: {id: item.shardId, spec: () => ({...item, id: item.shardId})},
    };
  });
  const items = answer.items.map((item) =>
    FAILURES.has(item.result) ? item : {...item, ...idWarning(item.shardId)},
  );
  return {...answer, items};
}

export async function delShards(
  dependencies: AdminDependencies,
  {service: app, shards, dryRun}: AdminRequest<'delShards'>,
): Promise<BatchAnswer> {
  const batch = new Batch(dependencies, app, false, dryRun);
  return batch.run(shards, delShardItem, ({shardId}) => {
    const key = dependencies.keys.shardSpec(app, shardId);
    return {
      shardId,
      key,
      operation: {op: 'delete', key},
      otherwise: () => 'absent',
      done: 'deleted',
      needsPresent: true,
    };
  });
}

/** One call. Its chunks share nothing but the answers. */
class Batch {
  private readonly dependencies: AdminDependencies;
  private readonly app: string;
  /** The app must not be under removal. */
  private readonly needsLiveApp: boolean;
  private readonly dryRun: boolean;
  private readonly answers = new Map<string, ItemAnswer>();
  private revision = 0;
  private isLarge = false;

  constructor(
    dependencies: AdminDependencies,
    app: string,
    needsLiveApp: boolean,
    dryRun: boolean,
  ) {
    this.dependencies = dependencies;
    this.app = app;
    this.needsLiveApp = needsLiveApp;
    this.dryRun = dryRun;
  }

  /** Large ones of one app go one after the other. */
  run<S extends z.ZodType>(
    given: readonly unknown[],
    schema: S,
    itemOf: (input: z.output<S>) => Item,
  ): Promise<BatchAnswer> {
    const {batchByTurns = atOnce} = this.dependencies;
    const work = (): Promise<BatchAnswer> => this.carryOut(given, schema, itemOf);
    this.isLarge = given.length > ITEMS_AT_ONCE;
    return this.isLarge ? batchByTurns(this.app, work) : work();
  }

  private async carryOut<S extends z.ZodType>(
    given: readonly unknown[],
    schema: S,
    itemOf: (input: z.output<S>) => Item,
  ): Promise<BatchAnswer> {
    refuseOwnService(this.dependencies, this.app);
    const spec = await this.readApp();
    const {ordered, items} = await checkItems(given, schema, itemOf, this.answers);
    const additions = items.flatMap(({addition}) => addition ?? []);
    const admission = await admitted(this.dependencies, this.app, additions);
    try {
      await this.writeAll(this.withinQuota(items, admission), spec);
    } finally {
      admission.done(this.dryRun ? undefined : this.revision);
    }
    return this.answer(ordered);
  }

  /** The items that have room; the others are answered. */
  private withinQuota(items: readonly Item[], admission: Admission): readonly Item[] {
    if (admission.refused.size === 0) return items;
    return items.filter(({shardId}) => {
      const refusal = admission.refused.get(shardId);
      if (refusal === undefined) return true;
      this.settle(shardId, 'refused', `${refusal.code}: ${refusal.message}; ${refusal.hint ?? ''}`);
      return false;
    });
  }

  private async writeAll(items: readonly Item[], spec: KeyValue): Promise<void> {
    // Made as they are written, and few in one turn: all at once would keep the event loop.
    const next = chunksBySize(items, {
      most: OPERATIONS_PER_WRITE,
      mostSize: BYTES_PER_WRITE,
      sizeOf: ({operation}) =>
        BYTES_PER_OPERATION + (operation.op === 'put' ? utf8Length(operation.value) : 0),
    });
    const worker = async (): Promise<void> => {
      for (const chunk of next) {
        if (this.isLarge) await this.dependencies.bulkWork?.turn(this.app);
        await beginInSlice(() => this.write(chunk, spec));
      }
    };
    await Promise.all(Array.from({length: WRITES_IN_FLIGHT}, worker));
  }

  private answer(ordered: readonly ItemAnswer[]): BatchAnswer {
    const failed = ordered.filter(({result}) => FAILURES.has(result)).length;
    const changed = ordered.some(({result}) => result === 'created' || result === 'deleted');
    return {items: [...ordered], changed, failed, revision: String(this.revision)};
  }

  /** @throws SmError APP_NOT_FOUND, APP_DELETING. */
  private async readApp(): Promise<KeyValue> {
    const {store, keys} = this.dependencies;
    const {entry, revision} = await store.get(keys.appSpec(this.app));
    this.revision = Math.max(this.revision, revision);
    if (this.needsLiveApp) liveSpec(this.app, entry);
    if (entry === undefined) throw appNotFound(this.app);
    return entry;
  }

  private async write(chunk: readonly Item[], spec: KeyValue): Promise<void> {
    let open = chunk;
    let app = spec;
    for (let attempt = 0; attempt < BATCH_ATTEMPTS_LIMIT && open.length > 0; attempt++) {
      const outcome = await this.attempt(open, app);
      if (outcome.kind === 'unknown') {
        open = await this.readBack(open);
        continue;
      }
      this.revision = Math.max(this.revision, outcome.revision);
      if (outcome.kind === 'committed' && !this.dryRun) {
        for (const {shardId, done} of open) this.settle(shardId, done);
        return;
      }
      const seen = outcome.answers[0];
      if (this.appRefused(seen, open)) return;
      app = seen ?? app;
      open = this.answerUnfit(open, outcome.answers.slice(1));
      if (this.dryRun) {
        for (const {shardId, done} of open) this.settle(shardId, done);
        return;
      }
    }
    for (const {shardId} of open) {
      this.settle(shardId, 'unknown', 'the store did not say whether it was written');
    }
  }

  /** A dry run is a write that cannot happen: all it does is read. */
  private async attempt(items: readonly Item[], app: KeyValue): Promise<TransactionOutcome> {
    const {store} = this.dependencies;
    // What is deleted is read before, so that its audit entry can keep it; without it there is no undo.
    const deleted = items.filter(({needsPresent}) => needsPresent).map(({key}) => key);
    if (!this.dryRun && deleted.length > 0) await store.getMany(deleted).catch(() => undefined);
    return store.transact(this.dryRun ? lookAt(items, app) : writeOf(items, app));
  }

  private settle(shardId: string, result: BatchItemResult, error?: string): void {
    const answer = this.answers.get(shardId);
    if (answer === undefined) return;
    answer.result = result;
    if (error !== undefined) answer.error = error;
  }

  /** The app went away while the batch ran. */
  private appRefused(entry: KeyValue | undefined, items: readonly Item[]): boolean {
    try {
      if (this.needsLiveApp) liveSpec(this.app, entry);
      else if (entry === undefined) throw appNotFound(this.app);
      return false;
    } catch (error) {
      if (!(error instanceof SmError)) throw error;
      for (const {shardId} of items) this.settle(shardId, 'refused', error.message);
      return true;
    }
  }

  /** Answers the items whose key is not as their write needs it; gives back the others. */
  private answerUnfit(items: readonly Item[], entries: readonly (KeyValue | undefined)[]): Item[] {
    return items.filter((item, at) => {
      const entry = entries[at];
      if ((entry !== undefined) === item.needsPresent) return true;
      const result = item.otherwise(entry);
      this.settle(
        item.shardId,
        result,
        result === 'conflict' ? conflictText(entry?.value ?? '') : undefined,
      );
      return false;
    });
  }

  /** After an unknown outcome: what stands is taken for done, the rest is tried again under the same conditions. */
  private async readBack(items: readonly Item[]): Promise<Item[]> {
    const {store} = this.dependencies;
    const read = await store.getMany(items.map(({key}) => key)).catch(() => undefined);
    if (read === undefined) return [...items];
    return items.filter((item, at) => {
      const entry = read.entries[at];
      const {operation} = item;
      const stands =
        operation.op === 'put' ? entry?.value === operation.value : entry === undefined;
      if (stands) this.settle(item.shardId, item.done);
      return !stands;
    });
  }
}

function writeOf(items: readonly Item[], app: KeyValue): Transaction {
  return {
    compares: [
      unchanged(app.key, app),
      ...items.map(({key, needsPresent}) => (needsPresent ? present(key) : absent(key))),
    ],
    then: items.map(({operation}) => operation),
    otherwise: lookAt(items, app).then,
  };
}

function lookAt(items: readonly Item[], app: KeyValue): Transaction {
  const reads = [app, ...items].map(({key}): Operation => ({op: 'get', key}));
  return {compares: [], then: reads, otherwise: reads};
}

/** Checks each item by itself; the first of a doubled id counts. */
async function checkItems<S extends z.ZodType>(
  given: readonly unknown[],
  schema: S,
  itemOf: (input: z.output<S>) => Item,
  answers: Map<string, ItemAnswer>,
): Promise<{ordered: ItemAnswer[]; items: Item[]}> {
  const ordered: ItemAnswer[] = [];
  const items: Item[] = [];
  await inSlices(given, (input) => {
    const checked = schema.safeParse(input);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      const error = [...(issue?.path ?? []).map(String), issue?.message ?? ''].join(': ');
      ordered.push({shardId: claimedId(input), result: 'invalid', error});
      return;
    }
    const item = itemOf(checked.data);
    const answer: ItemAnswer = {shardId: item.shardId, result: 'unknown'};
    if (answers.has(item.shardId)) answer.result = 'duplicate';
    else {
      answers.set(item.shardId, answer);
      items.push(item);
    }
    ordered.push(answer);
  });
  return {ordered, items};
}

/** What an invalid item calls itself, cut short; '' when it does not. */
function claimedId(input: unknown): string {
  if (typeof input !== 'object' || input === null || !('shardId' in input)) return '';
  return typeof input.shardId === 'string' ? input.shardId.slice(0, SHARD_ID_MAX_BYTES) : '';
}
