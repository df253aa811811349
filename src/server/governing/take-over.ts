/**
 * Takes an app over from a server of the Go project (MIGRATION.md) before it is governed here: its names, its guard lease, and the shards that
 * its containers run, so that each of them runs on. `governedBy` is written last: an app without it has not been taken over, or not to the end,
 * and every step may be done again.
 */
import {AppView} from '../../appstate/app-view.ts';
import {changeOf} from '../../appview/app-changes.ts';
import {SmError} from '../../model/errors.ts';
import type {OwnershipRecord, Versioned} from '../../model/ownership.ts';
import type {Transition} from '../../model/transition.ts';
import {moveReasonText} from '../../model/move-reason.ts';
import {assign, claim, markReady} from '../../ownership/transitions.ts';
import type {Claimant, Known} from '../../ownership/transitions.ts';
import {UNSET_GUARD} from '../../protocol/push.ts';
import {randomId} from '../../runtime/ids.ts';
import {liveSpecMod, specUnchanged} from '../../store/app-spec-guard.ts';
import {absent} from '../../store/compares.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {stillGoverns, transitionTransaction} from '../../store/ownership-transactions.ts';
import type {KeyValue, Transaction} from '../../store/port.ts';
import {runningShards, unheardContainers} from '../push/adopt-running.ts';
import type {KeptShard} from '../push/adopt-running.ts';
import {guardState, replaceGuard} from '../push/guard-handover.ts';
import {proxyTransaction} from '../push/proxy-heartbeat.ts';
import type {ProxySubject} from '../push/proxy-heartbeat.ts';
import {STORED_DELETED_BEFORE_MS, WAITING_LIMIT_MS, WAITING_LOOK_MS} from '../push/limits.ts';
import {deleteStored, storedOfAbsent} from '../push/stored-shards.ts';
import {rawNames} from './raw-names.ts';
import type {Writer} from './raw-names.ts';

export interface TakeOverOptions extends Omit<GovernedApp, 'governor' | 'onAudited'> {
  /** T of proxy heartbeats, ms. */
  readonly ttlMs: number;
}

/**
 * Does nothing for an app that is governed here already.
 * @throws SmError STORE_UNAVAILABLE, STORE_AUTH: again later; CONFLICT when this daemon governs no more.
 */
export async function takeOver(options: TakeOverOptions): Promise<void> {
  const {app, keys, store, fencingKey, logger} = options;
  const reply = await store.getMany([keys.governedBy(app), keys.appSpec(app)]);
  const [governedBy, spec] = reply.entries;
  const specMod = liveSpecMod(spec);
  if (governedBy !== undefined || specMod === undefined) return;
  logger.info({app}, 'the app was governed by another shard manager: taking it over');
  // Its server renewed the guard: what is left of it is seconds, so this comes first.
  await takeGuard(options);
  await renameShards(options, 'unknown');
  await forgetAbsent(options);
  await heardAll(options);
  await adoptRunning(options);
  const value = keys.service;
  const key = keys.governedBy(app);
  await commit(options, {
    compares: [stillGoverns(fencingKey), specUnchanged(keys, app, specMod), absent(key)],
    then: [{op: 'put', key, value}],
  });
  logger.info({app}, 'the app is taken over');
}

/** Gives each shard that the Go project wrote the key that it has here; anything else is said and left. @throws SmError as `takeOver`. */
export async function renameShards(
  options: Pick<TakeOverOptions, 'app' | 'keys' | 'store' | 'batcher' | 'fencingKey' | 'logger'>,
  writer: Writer,
): Promise<void> {
  const {app, keys, store, fencingKey, logger} = options;
  const {entries} = await store.list([keys.shardSpecPrefix(app)]);
  const {renames, count, conflicts, refused} = rawNames(keys, app, entries, writer);
  await Promise.all(
    renames.map(({compares, ...rest}) =>
      commit(options, {...rest, compares: [stillGoverns(fencingKey), ...compares]}),
    ),
  );
  if (count > 0) logger.info({app, shards: count}, 'renamed keys of shards');
  for (const shard of conflicts)
    logger.warn({app, shard}, 'the shard exists under two keys with different content');
  for (const {key, reason} of refused)
    logger.warn({app, key, reason}, 'found the key of a shard that cannot be governed');
}

async function takeGuard(options: TakeOverOptions): Promise<void> {
  const {app, logger} = options;
  const state = await guardState(options);
  if (state.kind === 'ended')
    logger.warn(
      {app, leaseId: state.leaseId},
      'the guard lease had ended before the app was taken over: containers have stopped their shards, which are added again',
    );
  // A lost one is the matter of whoever keeps the guard, as at any other time.
  if (state.kind !== 'unset' && state.kind !== 'short' && state.kind !== 'ended') return;
  const before = state.kind === 'unset' ? UNSET_GUARD : state.leaseId;
  await replaceGuard({...options, proofs: [stillGoverns(options.fencingKey)]}, before);
}

/**
 * A container that is not there would run what it has kept when it comes back, and by then that runs elsewhere. One that is starting may have
 * read it already: it shows its session before anything is given out.
 */
async function forgetAbsent(options: TakeOverOptions): Promise<void> {
  const {app, keys, store, fencingKey, clock, logger} = options;
  const {entries} = await store.list([keys.pushShardPrefix(app), keys.pushSessionPrefix(app)]);
  const stored = storedOfAbsent(keys, app, entries);
  if (stored.length === 0) return;
  if (!(await deleteStored(store, [stillGoverns(fencingKey)], stored))) throw changedMeanwhile();
  logger.info(
    {app, shards: stored.length},
    'deleted the stored shards of containers that do not exist',
  );
  await clock.sleep(STORED_DELETED_BEFORE_MS);
}

/** Waits for heartbeats that can be read, of containers that have just started above all: only these say for certain what runs there. */
async function heardAll({app, keys, store, clock, logger}: TakeOverOptions): Promise<void> {
  const untilMs = clock.nowMs() + WAITING_LIMIT_MS;
  for (;;) {
    const {entries} = await store.list([keys.pushSessionPrefix(app)]);
    const unheard = unheardContainers(keys, entries);
    if (unheard.length === 0) return;
    if (clock.nowMs() >= untilMs)
      return logger.warn(
        {app, containers: unheard},
        'containers have sent no heartbeat that can be read: what they keep in the store counts as running there',
      );
    await clock.sleep(WAITING_LOOK_MS);
  }
}

async function adoptRunning(options: TakeOverOptions): Promise<void> {
  const {app, keys, logger} = options;
  const {view, entries} = await viewOf(options);
  const {subjects, adopted, kept, contested} = runningShards(keys, app, view, entries);
  const created = new Map<string, number>();
  for (const subject of subjects)
    created.set(subject.incarnation, await openProxy(options, view, subject));
  await Promise.all([
    ...[...adopted].map(([shard, subject]) => assignRunning(options, view, shard, subject)),
    ...[...kept].map(([shard, one]) => {
      const create = created.get(one.incarnation) ?? 0;
      return recordKept(options, view, shard, {...one, create});
    }),
  ]);
  if (kept.size > 0)
    logger.info(
      {app, shards: kept.size},
      'shards stay on containers that have sent no readable heartbeat',
    );
  if (adopted.size > 0)
    logger.info({app, shards: adopted.size}, 'shards that run already are adopted where they are');
  for (const shard of contested)
    logger.warn({app, shard}, 'the shard runs in two containers: one is chosen');
}

async function assignRunning(
  options: TakeOverOptions,
  view: AppView,
  shard: string,
  {container, incarnation}: ProxySubject,
): Promise<Versioned<OwnershipRecord>> {
  const startedAt = new Date(options.clock.wallMs()).toISOString();
  const why = moveReasonText({kind: 'adopted'});
  const move = {id: `a-${randomId()}`, from: '', to: container, why, startedAt};
  const taskVersion = taskVersionOf(view, shard);
  const to = {container, incarnation, move, taskVersion};
  return writeRecord(options, assign(shard, undefined, to), undefined);
}

/**
 * Nobody can hear its container, so nobody will see that it runs, and an assignment would go elsewhere after a while: the shard is made its own at
 * once, ready where the application has it. Goes on where a take-over that was broken off has ended.
 */
async function recordKept(
  options: TakeOverOptions,
  view: AppView,
  shard: string,
  {disp, ...me}: KeptShard & Claimant,
): Promise<void> {
  let known = view.own.get(shard) ?? (await assignRunning(options, view, shard, me));
  if (known.value.state === 'assigned') {
    const claimed = claim(shard, known, me, taskVersionOf(view, shard), false);
    known = await writeRecord(options, claimed, known);
  }
  if (disp && known.value.state === 'owned' && !known.value.ready)
    await writeRecord(options, markReady(shard, known, me, options.epoch), known);
}

/** In a container's name as well: a daemon that governs no more speaks for nobody. */
async function writeRecord(
  options: TakeOverOptions,
  transition: Transition,
  before: Known,
): Promise<Versioned<OwnershipRecord>> {
  const {app, keys, fencingKey} = options;
  const {compares, ...rest} = transitionTransaction(keys, app, fencingKey, transition);
  const mod = await commit(options, {...rest, compares: [stillGoverns(fencingKey), ...compares]});
  return {value: transition.record as OwnershipRecord, mod, create: before?.create ?? mod};
}

function taskVersionOf(view: AppView, shard: string): number {
  return view.shards.get(shard)?.value.taskVersion ?? 0;
}

/** Specs, records and heartbeats, and the sessions of push containers and what they keep, at the same revision. */
async function viewOf({
  app,
  keys,
  store,
}: TakeOverOptions): Promise<{view: AppView; entries: readonly KeyValue[]}> {
  const view = new AppView();
  const {entries} = await store.list([
    keys.appSpecPrefix(app),
    keys.heartbeatPrefix(app),
    keys.containerIdPrefix(app),
    keys.ownershipPrefix(app),
    keys.pushSessionPrefix(app),
    keys.pushShardPrefix(app),
  ]);
  for (const entry of entries) {
    const parsed = keys.parse(entry.key);
    const change = parsed === undefined ? undefined : changeOf(parsed, entry, entry.mod);
    if (change !== undefined) view.apply(change);
  }
  return {view, entries};
}

/** The heartbeat that stands for the session: without it nothing can be assigned there. Returns its create revision. */
async function openProxy(
  options: TakeOverOptions,
  view: AppView,
  subject: ProxySubject,
): Promise<number> {
  const known = view.heartbeats.get(subject.incarnation);
  if (known !== undefined) return known.create;
  const {ttlMs} = options;
  const {transaction} = proxyTransaction({...options, view}, subject, {nonce: randomId(), ttlMs});
  return commit(options, transaction);
}

/** The revision that it was committed at. */
async function commit(
  {batcher}: Pick<TakeOverOptions, 'batcher'>,
  transaction: Transaction,
): Promise<number> {
  const outcome = await batcher.submit(transaction);
  if (outcome.kind === 'unknown') throw outcome.error;
  if (outcome.kind === 'refused') throw changedMeanwhile();
  return outcome.revision;
}

function changedMeanwhile(): SmError {
  return new SmError('CONFLICT', 'the app was changed by somebody else in the meantime', {
    retryable: true,
  });
}
