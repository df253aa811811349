/** Cancelling queued voluntary moves: a note in the shard's spec, which its governor heeds. */
import {objectOf} from '../../../governor/move-gate.ts';
import {chunksBySize} from '../../../model/chunks.ts';
import {isVoluntary} from '../../../model/move-reason.ts';
import type {AdminRequest, CancelMovesAnswer, QueuedMoveView} from '../../../protocol/admin.ts';
import {SmError} from '../../../model/errors.ts';
import {utf8Length} from '../../../model/ids.ts';
import type {CancelledMove, ShardSpec} from '../../../model/specs.ts';
import {decodeShardSpec, encodeRecord} from '../../../protocol/records.ts';
import {versionedRecord} from '../../../store/ownership-transactions.ts';
import type {KeyValue, Operation} from '../../../store/port.ts';
import {conditionalWrite} from './conditional-write.ts';
import type {Decision, Reading} from './conditional-write.ts';
import {livingOf} from '../read/container-views.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {currentApp} from '../read/listing.ts';
import {planInUse} from '../read/plan-in-use.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {queuedMoves, runningMove} from '../read/moves.ts';
import {refuseOwnService} from '../guards.ts';
import {BYTES_PER_CANCELLED, CANCELLED_PER_WRITE, UNDO_LIMIT_BYTES} from '../limits.ts';

type Item = CancelMovesAnswer['items'][number];

/** A move that may be cancelled, and its place in the answer. */
interface Asked {
  readonly at: number;
  readonly move: string;
  readonly queued: QueuedMoveView;
}

interface Call {
  readonly dependencies: AdminDependencies;
  readonly listing: AppListing;
  readonly living: ReturnType<typeof livingOf>;
  readonly who: string;
  readonly dryRun: boolean;
}

const BEGUN = 'it has begun; a move that runs ends by itself';

/**
 * @throws SmError INVALID_INPUT when neither moves nor all are given, APP_NOT_FOUND. What became of each move is in the answer.
 */
export async function cancelMoves(
  dependencies: AdminDependencies,
  request: AdminRequest<'cancelMoves'>,
  who: string,
): Promise<CancelMovesAnswer> {
  const {service, moves: named, all, dryRun} = request;
  refuseOwnService(dependencies, service);
  if (named.length === 0 && !all)
    throw new SmError('INVALID_INPUT', 'no move is named', {
      hint: 'name one or more moves, or all of them: --all',
    });
  if (named.length > 0 && all)
    throw new SmError('INVALID_INPUT', 'names of moves and all were given together', {
      hint: 'pass the names, or all: true alone (--all)',
    });
  const listing = await currentApp(dependencies, service);
  const inUse = await planInUse(dependencies, listing);
  const queued = new Map(queuedMoves(inUse).map((move) => [move.shard, move]));
  const voluntary = [...queued.values()].filter(({cause}) => isVoluntary(cause));
  const wanted = all ? voluntary.map(({shard}) => shard) : named;
  const items: Item[] = [];
  const open: Asked[] = [];
  wanted.forEach((move, at) => {
    const shard = shardOf(listing, move);
    const known = queued.get(shard);
    const verdict = refusal(listing, move, shard, known);
    if (verdict !== undefined || known === undefined) items[at] = verdict ?? absent(move, shard);
    else open.push({at, move, queued: known});
  });
  const call: Call = {dependencies, listing, living: livingOf(listing), who, dryRun};
  for (const chunk of chunksFor(open, listing))
    for (const [at, item] of await cancel(call, chunk)) items[at] = item;
  const failed = items.filter(({error}) => error !== undefined).length;
  const changed = items.some(({result}) => result === 'cancelled');
  return {items, changed, failed, revision: String(listing.revision)};
}

/** The shard that a move id or a shard id stands for. */
function shardOf({view}: AppListing, move: string): string {
  if (view.shards.has(move)) return move;
  for (const [shard, {value}] of view.own) if (value.move?.id === move) return shard;
  return move;
}

/** Why the move is not cancelled; undefined when it may be. */
function refusal(
  {view}: AppListing,
  move: string,
  shard: string,
  known: QueuedMoveView | undefined,
): Item | undefined {
  const own = view.own.get(shard);
  if (own !== undefined && runningMove(shard, own) !== undefined)
    return {move, shard, result: 'running', error: BEGUN};
  if (known === undefined || objectOf(known, view) === undefined) return absent(move, shard);
  if (isVoluntary(known.cause)) return undefined;
  return {move, shard, result: 'forced', error: `${known.cause}: it has to move`};
}

function absent(move: string, shard: string): Item {
  return {move, shard, result: 'absent', error: 'nothing is to move'};
}

/** Written together: a write, a look and an entry of the audit for each would take so long that further moves begin meanwhile. */
function chunksFor(asked: readonly Asked[], {view}: AppListing): Iterable<Asked[]> {
  return chunksBySize(asked, {
    most: CANCELLED_PER_WRITE,
    mostSize: UNDO_LIMIT_BYTES,
    sizeOf: ({queued: {shard}}) =>
      utf8Length(view.shards.get(shard)?.value.task ?? '') + BYTES_PER_CANCELLED,
    // A write that names a key twice is refused by etcd.
    keyOf: ({queued: {shard}}) => shard,
  });
}

/** The answers by place. Where something of the moves changes all the time each is cancelled by itself. */
async function cancel(call: Call, chunk: readonly Asked[]): Promise<ReadonlyMap<number, Item>> {
  try {
    return await cancelTogether(call, chunk);
  } catch (error) {
    if (!(error instanceof SmError) || error.code !== 'CONFLICT') throw error;
    const items = new Map<number, Item>();
    for (const one of chunk) {
      if (chunk.length === 1) items.set(one.at, running(one, error.message));
      else for (const [at, item] of await cancel(call, [one])) items.set(at, item);
    }
    return items;
  }
}

/** Writes the notes of the shards that still stand as they were seen; looks again whether the governor was faster. */
async function cancelTogether(
  call: Call,
  chunk: readonly Asked[],
): Promise<ReadonlyMap<number, Item>> {
  const {dependencies, listing, dryRun} = call;
  const {store, keys} = dependencies;
  const shards = chunk.map(({queued}) => queued.shard);
  const specs = shards.map((shard) => keys.shardSpec(listing.app, shard));
  const records = shards.map((shard) => keys.ownership(listing.app, shard));
  const items = new Map<number, Item>();
  const decide = ({entries}: Reading): Decision => {
    const operations = chunk.flatMap((one, index): Operation[] => {
      const key = specs[index] ?? '';
      const noted = notedSpec(call, one, entries[index], entries[chunk.length + index]);
      const result = noted === undefined ? 'unchanged' : 'cancelled';
      items.set(one.at, noted === 'begun' ? running(one, BEGUN) : itemOf(one, result));
      return noted === undefined || noted === 'begun'
        ? []
        : [{op: 'put', key, value: encodeRecord(noted)}];
    });
    return {result: operations.length === 0 ? 'unchanged' : 'configured', operations};
  };
  await conditionalWrite(store, [...specs, ...records], dryRun, decide);
  if (dryRun) return items;
  const {entries} = await store.getMany(records);
  chunk.forEach((one, index) => {
    const known = entries[index] && versionedRecord(entries[index]);
    if (known && runningMove(one.queued.shard, known)) items.set(one.at, running(one, BEGUN));
  });
  return items;
}

/** The shard's spec with the note; undefined: it has it already. */
function notedSpec(
  {dependencies, living, who}: Call,
  {queued: {shard, from, to}}: Asked,
  spec: KeyValue | undefined,
  own: KeyValue | undefined,
): ShardSpec | 'begun' | undefined {
  const note: CancelledMove = {
    from,
    to,
    fromIncarnation: living.get(from)?.incarnation ?? '',
    toIncarnation: living.get(to)?.incarnation ?? '',
    by: who,
    at: new Date(dependencies.wallMs()).toISOString(),
  };
  const decoded = spec === undefined ? undefined : decodeShardSpec(spec.value, shard);
  if (decoded?.ok !== true || !runsAt(from, shard, own)) return 'begun';
  if (sameMove(decoded.value.cancelledMove, note)) return undefined;
  return {...decoded.value, cancelledMove: note};
}

/** Whether the shard still runs where the move takes it from, and is not on its way. */
function runsAt(from: string, shard: string, own: KeyValue | undefined): boolean {
  const known = own === undefined ? undefined : versionedRecord(own);
  if (known === undefined || runningMove(shard, known) !== undefined) return false;
  return known.value.state === 'owned' && known.value.container === from;
}

function itemOf({move, queued: {shard}}: Asked, result: Item['result']): Item {
  return {move, shard, result};
}

function running(asked: Asked, error: string): Item {
  return {...itemOf(asked, 'running'), error};
}

function sameMove(before: CancelledMove | undefined, wanted: CancelledMove): boolean {
  return (
    before?.from === wanted.from &&
    before.to === wanted.to &&
    before.fromIncarnation === wanted.fromIncarnation &&
    before.toIncarnation === wanted.toIncarnation
  );
}
