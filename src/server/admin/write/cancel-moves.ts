/** Cancelling queued voluntary moves: a note in the shard's spec, which its governor heeds. */
import {objectOf} from '../../../governor/move-gate.ts';
import {isVoluntary} from '../../../model/move-reason.ts';
import type {AdminRequest, CancelMovesAnswer, QueuedMoveView} from '../../../protocol/admin.ts';
import {SmError} from '../../../model/errors.ts';
import type {CancelledMove} from '../../../model/specs.ts';
import {decodeShardSpec, encodeRecord} from '../../../protocol/records.ts';
import {versionedRecord} from '../../../store/ownership-transactions.ts';
import {conditionalWrite} from './conditional-write.ts';
import type {Decision, Reading} from './conditional-write.ts';
import {livingOf} from '../read/container-views.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {currentApp} from '../read/listing.ts';
import {planInUse} from '../read/plan-in-use.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {queuedMoves, runningMove} from '../read/moves.ts';
import {refuseOwnService} from '../guards.ts';

type Item = CancelMovesAnswer['items'][number];

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
  const listing = await currentApp(dependencies, service);
  const inUse = await planInUse(dependencies, listing);
  const queued = new Map(queuedMoves(inUse).map((move) => [move.shard, move]));
  const voluntary = [...queued.values()].filter(({cause}) => isVoluntary(cause));
  const wanted = all ? voluntary.map(({shard}) => shard) : named;
  const items: Item[] = [];
  for (const move of wanted) {
    const shard = shardOf(listing, move);
    const known = queued.get(shard);
    const verdict = refusal(listing, move, shard, known);
    if (verdict !== undefined || known === undefined) items.push(verdict ?? absent(move, shard));
    else items.push(await cancel(dependencies, listing, move, known, who, dryRun));
  }
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

/** Writes the note if the shard still stands as it was seen; looks again whether the governor was faster. */
async function cancel(
  dependencies: AdminDependencies,
  listing: AppListing,
  move: string,
  {shard, from, to}: QueuedMoveView,
  who: string,
  dryRun: boolean,
): Promise<Item> {
  const {store, keys, wallMs} = dependencies;
  const living = livingOf(listing);
  const note: CancelledMove = {
    from,
    to,
    fromIncarnation: living.get(from)?.incarnation ?? '',
    toIncarnation: living.get(to)?.incarnation ?? '',
    by: who,
    at: new Date(wallMs()).toISOString(),
  };
  const key = keys.shardSpec(listing.app, shard);
  const record = keys.ownership(listing.app, shard);
  const seen = listing.view.own.get(shard)?.mod ?? 0;
  const decide = ({entries: [spec, own]}: Reading): Decision => {
    const decoded = spec === undefined ? undefined : decodeShardSpec(spec.value, shard);
    if (decoded?.ok !== true || (own?.mod ?? 0) !== seen) throw new SmError('CONFLICT', BEGUN);
    if (sameMove(decoded.value.cancelledMove, note)) return {result: 'unchanged', operations: []};
    const value = encodeRecord({...decoded.value, cancelledMove: note});
    return {result: 'configured', operations: [{op: 'put', key, value}]};
  };
  try {
    const {changed} = await conditionalWrite(store, [key, record], dryRun, decide);
    if (!dryRun && (await hasBegun(dependencies, listing.app, shard)))
      return {move, shard, result: 'running', error: BEGUN};
    return {move, shard, result: changed ? 'cancelled' : 'unchanged'};
  } catch (error) {
    if (!(error instanceof SmError) || error.code !== 'CONFLICT') throw error;
    return {move, shard, result: 'running', error: error.message};
  }
}

async function hasBegun(
  {store, keys}: AdminDependencies,
  app: string,
  shard: string,
): Promise<boolean> {
  const {entry} = await store.get(keys.ownership(app, shard));
  const known = entry === undefined ? undefined : versionedRecord(entry);
  return known !== undefined && runningMove(shard, known) !== undefined;
}

function sameMove(before: CancelledMove | undefined, wanted: CancelledMove): boolean {
  return (
    before?.from === wanted.from &&
    before.to === wanted.to &&
    before.fromIncarnation === wanted.fromIncarnation &&
    before.toIncarnation === wanted.toIncarnation
  );
}
