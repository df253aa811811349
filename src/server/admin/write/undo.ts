/** Undoing one change of the audit: what was before is written again, if nobody has changed it since. */
import type {ParsedKey} from '../../../etcd/keys.ts';
import {counted} from '../../../model/counted.ts';
import {SmError} from '../../../model/errors.ts';
import {endsAtMs} from '../../../model/operator-note.ts';
import type {OperatorNote} from '../../../model/operator-note.ts';
import {unpinned} from '../../../model/specs.ts';
import {AUDIT_OBJECTS_SHOWN} from '../../../model/limits.ts';
import {appNotFound} from '../../../model/not-found.ts';
import {isImportedId} from '../../../model/audit.ts';
import type {AuditEntry, UndoStep} from '../../../model/audit.ts';
import type {ChangingOperation} from '../../../protocol/admin-routes.ts';
import type {AdminAnswer, AdminRequest} from '../../../protocol/admin.ts';
import {changeWords} from '../../../protocol/change-words.ts';
import {fieldsIn} from '../../../protocol/foreign-json.ts';
import {decodeAudit, decodeShardSpec, encodeRecord} from '../../../protocol/records.ts';
import {undoRows} from '../../../protocol/undo-table.ts';
import type {KeyValue, Operation} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {liveSpec, refuseOwnService} from '../guards.ts';
import {placedWrite} from './placed-write.ts';
import type {Decision, Reading} from './conditional-write.ts';
import {withinQuota} from './quota-admission.ts';
import type {Addition} from '../quotas.ts';

/** One entry with the revision of its change. */
interface Found {
  readonly revision: number;
  readonly entry: AuditEntry;
  /** It was written in another store: no revision of this one says what has changed since. */
  readonly isImported: boolean;
  /** When keys were written again since, by the audit: one that is gone does not say so itself. */
  readonly rewrites: ReadonlyMap<string, number>;
  /** Of the other entries of the same call: one of many shards is written in several parts. */
  readonly others: readonly number[];
}

/** Kinds of keys that an undo may write. */
const WRITABLE: ReadonlySet<string | undefined> = new Set([
  ...['appSpec', 'shardSpec', 'worker', 'containerOrder', 'containerOverride'],
]);

/**
 * `entry`: revision of the change; '': the newest one of the app.
 * @throws SmError NOT_FOUND; CONFLICT where it cannot be undone, or what it changed has changed since; APP_DELETING.
 */
export async function undo(
  dependencies: AdminDependencies,
  {service: app, entry: wanted, dryRun}: AdminRequest<'undo'>,
): Promise<AdminAnswer<'undo'>> {
  const {keys, wallMs} = dependencies;
  const found = await entryOf(dependencies, app, wanted);
  if (app !== dependencies.service) refuseOwnService(dependencies, app);
  const steps = stepsOf(found);
  for (const {key} of steps)
    if (!WRITABLE.has(keys.parse(key)?.kind)) throw refused(found, `it names ${key}`);
  const specKey = keys.appSpec(app);
  const others = steps.filter(({key}) => key !== specKey);
  const read = [specKey, ...others.map(({key}) => key)];
  const decide = ({entries}: Reading): Decision => {
    if (app !== dependencies.service) liveSpec(app, entries[0]);
    refuseOtherApp(found, entries[0]);
    const operations = steps.map((step): Operation => {
      const now = entries[read.indexOf(step.key)];
      if (!standsAsLeft(step, now, found)) throw changedSince(found, step, now);
      refuseEnded(found, step, now, wallMs());
      return restoring(step, now, keys.parse(step.key), wallMs());
    });
    return {result: 'configured', operations};
  };
  const additions = steps.flatMap((step) => additionsOf(step, keys.parse(step.key)));
  const answer = await withinQuota(dependencies, {service: app, dryRun}, additions, () =>
    placedWrite(dependencies, app, read, dryRun, decide),
  );
  const {operation, at, who, objects, objectCount, changed = []} = found.entry;
  const said = {operation, at, who, objects, objectCount, changed};
  return {
    ...answer,
    ...othersWarning(found),
    undone: {revision: String(found.revision), ...said},
  };
}

/** Of an app that was removed the audit may have entries; one that has neither is a mistyped name. @throws SmError APP_NOT_FOUND. */
async function refuseUnknownApp(
  {store, keys, service}: AdminDependencies,
  app: string,
): Promise<void> {
  if (app === service) return;
  const {entry} = await store.get(keys.appSpec(app));
  if (entry === undefined) throw appNotFound(app);
}

async function entryOf(
  dependencies: AdminDependencies,
  app: string,
  wanted: string,
): Promise<Found> {
  const {store, keys} = dependencies;
  const {entries} = await store.list([keys.auditPrefix()]);
  const known = new Map<number, AuditEntry>();
  const imported = new Set<number>();
  for (const {key, mod, value} of entries) {
    const decoded = decodeAudit(value);
    if (!decoded.ok || decoded.value.service !== app) continue;
    known.set(mod, decoded.value);
    const parsed = keys.parse(key);
    if (parsed?.kind === 'audit' && isImportedId(parsed.id)) imported.add(mod);
  }
  const newest = [...known.keys()].reduce((most, one) => Math.max(most, one), 0);
  const revision = wanted === '' ? newest : Number(wanted);
  const entry = known.get(revision);
  if (entry !== undefined)
    return {
      ...{revision, entry, others: othersOf(entry, revision, known)},
      ...{isImported: imported.has(revision), rewrites: rewritesSince(revision, known)},
    };
  await refuseUnknownApp(dependencies, app);
  const what = wanted === '' ? 'has no entry' : `has no entry of revision ${wanted}`;
  throw new SmError('NOT_FOUND', `the audit of app ${app} ${what}`, {hint: `sm events -a ${app}`});
}

function rewritesSince(
  revision: number,
  known: ReadonlyMap<number, AuditEntry>,
): Map<string, number> {
  const rewrites = new Map<string, number>();
  for (const [later, {undo: steps = []}] of known)
    if (later > revision)
      for (const {key} of steps) rewrites.set(key, Math.max(later, rewrites.get(key) ?? 0));
  return rewrites;
}

function othersOf(
  {requestId, operation, at}: AuditEntry,
  revision: number,
  known: ReadonlyMap<number, AuditEntry>,
): number[] {
  if (requestId === '') return [];
  return [...known]
    .filter(([other]) => other !== revision)
    .filter(
      ([, one]) => one.requestId === requestId && one.operation === operation && one.at === at,
    )
    .map(([other]) => other)
    .sort((a, b) => a - b);
}

function othersWarning({entry, others}: Found): {warning?: string} {
  if (others.length === 0) return {};
  const named = others.slice(0, AUDIT_OBJECTS_SHOWN).join(', ');
  const more = others.length > AUDIT_OBJECTS_SHOWN ? ', ...' : '';
  return {
    warning: `the same call made ${counted(others.length, 'more change')}, which stay as they are: undo them one by one, by revision: ${named}${more} (sm undo -a ${entry.service} ${others[0]})`,
  };
}

/** @throws SmError CONFLICT with the reason where the table, or the entry, has no way back. */
function stepsOf(found: Found): readonly UndoStep[] {
  const {operation, undo: steps} = found.entry;
  const row = Object.hasOwn(undoRows, operation)
    ? undoRows[operation as ChangingOperation]
    : {why: 'sm made the change itself, because the time of an earlier order was over'};
  if (row.why !== undefined) throw refused(found, row.why);
  if (found.isImported)
    throw refused(
      found,
      'its entry came with an import, and nobody knows what has changed since: make the change anew',
    );
  if (steps !== undefined && steps.length > 0) return steps;
  throw refused(
    found,
    'its entry does not keep what was before: it is too large, or of an older sm',
  );
}

/** What comes back with it. */
function additionsOf({before}: UndoStep, parsed: ParsedKey | undefined): Addition[] {
  if (before === null) return [];
  if (parsed?.kind === 'worker') return [{workerGroup: parsed.workerGroup}];
  if (parsed?.kind !== 'shardSpec') return [];
  const spec = decodeShardSpec(before, parsed.shard);
  return spec.ok ? [{id: parsed.shard, spec: () => spec.value}] : [];
}

function standsAsLeft(
  {key, wasDeleted}: UndoStep,
  now: KeyValue | undefined,
  {revision, rewrites}: Found,
): boolean {
  return wasDeleted ? now === undefined && !rewrites.has(key) : now?.mod === revision;
}

/** An app that has the name now may be another one than the one that was changed. @throws SmError CONFLICT. */
function refuseOtherApp(found: Found, spec: KeyValue | undefined): void {
  if (spec === undefined || spec.create <= found.revision) return;
  const {service} = found.entry;
  const since = `app ${service} was removed and created again since, at revision ${spec.create}`;
  throw refused(found, since);
}

/**
 * What an order said for a while is not said again once that time is over: its governor would have taken it back meanwhile.
 * @throws SmError CONFLICT.
 */
function refuseEnded(
  found: Found,
  {object, before}: UndoStep,
  now: KeyValue | undefined,
  wallMs: number,
): void {
  if (before === null || now === undefined || endOf(now.value) === endOf(before)) return;
  const ended = endOf(before);
  if (ended === undefined || ended > wallMs) return;
  const at = new Date(ended).toISOString();
  throw refused(
    found,
    `the pin or pause that ${object} had before has ended, at ${at}: order it anew`,
  );
}

/** Of the pin of a shard, or the pause of an app, by its stored text. */
function endOf(text: string): number | undefined {
  const {pinned, pause} = (fieldsIn(text) ?? {}) as {pinned?: OperatorNote; pause?: OperatorNote};
  return endsAtMs(pinned ?? pause);
}

/** What was before; a task that changes back is another change to the container that runs the shard. */
function restoring(
  {key, before}: UndoStep,
  now: KeyValue | undefined,
  parsed: ParsedKey | undefined,
  wallMs: number,
): Operation {
  if (before === null) return {op: 'delete', key};
  if (parsed?.kind !== 'shardSpec') return {op: 'put', key, value: before};
  const old = decodeShardSpec(before, parsed.shard);
  if (now === undefined) {
    const hasEnded = old.ok && (endsAtMs(old.value.pinned) ?? Infinity) <= wallMs;
    return {op: 'put', key, value: hasEnded ? encodeRecord(unpinned(old.value, wallMs)) : before};
  }
  const present = decodeShardSpec(now.value, parsed.shard);
  if (!old.ok || !present.ok || old.value.task === present.value.task)
    return {op: 'put', key, value: before};
  const taskVersion = (present.value.taskVersion ?? 0) + 1;
  const updateTime = Math.floor(wallMs / 1_000);
  return {op: 'put', key, value: encodeRecord({...old.value, taskVersion, updateTime})};
}

function refused({revision, entry}: Found, why: string): SmError {
  return new SmError(
    'CONFLICT',
    `${changeWords(entry)} of revision ${revision} cannot be undone: ${why}`,
    {
      hint: `sm events -a ${entry.service}`,
    },
  );
}

function changedSince(found: Found, {key, object}: UndoStep, now: KeyValue | undefined): SmError {
  const changed = now?.mod ?? found.rewrites.get(key);
  const since = changed === undefined ? 'it is gone' : `it has changed at revision ${changed}`;
  return refused(found, `${object} is not as that change left it: ${since}`);
}
