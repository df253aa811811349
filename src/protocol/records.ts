/**
 * Every value under the prefix, both directions. Decoding checks what we rely on and keeps what we do not know; it is
 * written by hand because a governor decodes 100,000 records at a start.
 */
import {stringify} from 'lossless-json';
import type {AppEvent, AuditEntry} from '../model/audit.ts';
import type {ContainerOverride} from '../model/container-share.ts';
import {HEARTBEAT_STATES} from '../model/container.ts';
import type {Heartbeat, OverdueHook} from '../model/container.ts';
import type {LoadSummary} from '../load/summary.ts';
import type {Fields} from '../model/fields.ts';
import {isFields} from '../model/fields.ts';
import {OWNERSHIP_STATES, RECORD_VERSION} from '../model/ownership.ts';
import type {MoveNote, OwnershipRecord} from '../model/ownership.ts';
import type {AppSpec, ContainerOrder, ShardSpec} from '../model/specs.ts';
import type {StopPermissions} from '../model/stop-permission.ts';
import type {AppStatus, ClusterRecord, FinishedMove, LeaderRecord} from '../model/status.ts';
import {parseJson} from './foreign-json.ts';
import {isTooDeep} from './json-depth.ts';
import {
  haveTexts,
  isCount,
  isInstant,
  isListOf,
  isStopPermission,
  isUndoStep,
  keepRestore,
  keepWaits,
  summaryListsProblem,
} from './record-shapes.ts';
import {isUsage, keepQuota} from './quota-fields.ts';
import {MOVE_TEXTS, RECORD_TEXTS, SPEC_TEXTS, shareTexts} from './shared-texts.ts';
import {keepContainerShare, keepPlacement, keepShardTerms} from './placement-fields.ts';
import {
  MAX_RECOVERY_TIME_DEFAULT_S,
  OVERDUE_SHOWN,
  TTL_MAX_MS,
  TTL_MIN_MS,
} from '../model/limits.ts';

/** `newer`: written by a version of sm that this one does not understand. */
export type Decoded<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly problem: string; readonly newer: boolean};

/** The text of a value; 64-bit numbers read as bigint are printed as bare numbers again. */
export function encodeRecord(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // Looked for only where the quick way fails: each record is written by here.
    if (!hasBigInt(value)) throw error;
    return stringify(value) ?? '';
  }
}

export function decodeOwnership(text: string): Decoded<OwnershipRecord> {
  return decode(text, true, (fields) => {
    const problem = wordProblem(fields, 'state', OWNERSHIP_STATES);
    if (problem !== undefined) return problem;
    const missing = textProblem(fields, 'container', 'incarnation', 'token', 'lastError');
    if (missing !== undefined) return missing;
    if (typeof fields['ready'] !== 'boolean') return 'ready is not a boolean';
    if (!isCount(fields['failures'])) return 'failures is not a count';
    if (!isMove(fields['move'])) return 'move cannot be read';
    shareTexts(fields, RECORD_TEXTS);
    if (fields['move'] !== null) shareTexts(fields['move'] as unknown as Fields, MOVE_TEXTS);
    return undefined;
  });
}

/** An unreadable ttlMs counts as 60000, the longest there is: safe, only slow. */
export function decodeHeartbeat(text: string): Decoded<Heartbeat> {
  return decode(text, true, (fields) => {
    if (typeof fields['container'] !== 'string' || fields['container'] === '')
      return 'container is not text';
    if (typeof fields['nonce'] !== 'string') return 'nonce is not text';
    const problem = wordProblem(fields, 'state', HEARTBEAT_STATES);
    if (problem !== undefined) return problem;
    const ttlMs = fields['ttlMs'];
    const readable = typeof ttlMs === 'number' && ttlMs >= TTL_MIN_MS && ttlMs <= TTL_MAX_MS;
    if (!readable) fields['ttlMs'] = TTL_MAX_MS;
    for (const name of ['endpoint', 'host', 'bootId', 'zone', 'version', 'sdk'])
      textOr(fields, name, '');
    countOr(fields, 'pid', 0);
    countOr(fields, 'seq', 0);
    fields['labels'] = textMap(fields['labels']);
    keepContainerShare(fields);
    if (!isInstant(fields['sentAtMs'])) delete fields['sentAtMs'];
    if (fields['overdue'] !== undefined) fields['overdue'] = overdueHooks(fields['overdue']);
    return undefined;
  });
}

export function decodeAppSpec(text: string): Decoded<AppSpec> {
  return decode(text, false, (fields) => {
    if (typeof fields['service'] !== 'string') return 'service is not text';
    countOr(fields, 'createTime', 0);
    countOr(fields, 'maxShardCount', 0);
    countOr(fields, 'maxRecoveryTime', MAX_RECOVERY_TIME_DEFAULT_S);
    noteOrNone(fields, 'pause');
    if (fields['maxMoving'] !== undefined) countOr(fields, 'maxMoving', 0);
    keepPlacement(fields);
    keepQuota(fields);
    return undefined;
  });
}

/** `id`: as the key says it, whatever the value says: the Go project leaves it empty there. */
export function decodeShardSpec(text: string, id: string): Decoded<ShardSpec> {
  return decode(text, false, (fields) => {
    if (typeof fields['id'] !== 'string') return 'id is not text';
    fields['id'] = id;
    for (const name of SPEC_TEXTS) textOr(fields, name, '');
    shareTexts(fields, SPEC_TEXTS);
    countOr(fields, 'updateTime', 0);
    keepShardTerms(fields);
    if (!isFields(fields['cancelledMove'])) delete fields['cancelledMove'];
    noteOrNone(fields, 'pinned');
    return undefined;
  });
}

export function decodeContainerOrder(text: string): Decoded<ContainerOrder> {
  return decode(text, false, (fields) => {
    if (fields['order'] !== 'cordon' && fields['order'] !== 'drain')
      return 'order is neither cordon nor drain';
    for (const name of ['reason', 'by', 'at', 'incarnation']) textOr(fields, name, '');
    if (typeof fields['keep'] !== 'boolean') fields['keep'] = false;
    for (const name of ['shards', 'maxMoving'])
      if (fields[name] !== undefined) countOr(fields, name, 0);
    return undefined;
  });
}

export function decodeContainerOverride(text: string): Decoded<ContainerOverride> {
  return decode(text, false, (fields) => {
    for (const name of ['reason', 'by', 'at']) textOr(fields, name, '');
    if (typeof fields['zone'] !== 'string') delete fields['zone'];
    keepContainerShare(fields);
    return undefined;
  });
}

export function decodeStopPermissions(text: string): Decoded<StopPermissions> {
  return decode(text, true, (fields) => {
    const {permissions} = fields;
    if (!Array.isArray(permissions)) return 'permissions is not a list';
    return permissions.every(isStopPermission) ? undefined : 'a permission cannot be read';
  });
}

export function decodeLeader(text: string): Decoded<LeaderRecord> {
  return decode(text, false, (fields) => {
    countOr(fields, 'createTime', 0);
    return textProblem(fields, 'containerId', 'incarnation');
  });
}

export function decodeCluster(text: string): Decoded<ClusterRecord> {
  return decode(text, true, (fields) => {
    if (typeof fields['clusterId'] !== 'string') return 'clusterId is not text';
    if (fields['restored'] !== undefined && typeof fields['restored'] !== 'string')
      fields['restored'] = 'its cause cannot be read';
    keepRestore(fields);
    return isCount(fields['epoch']) && isCount(fields['maxRevision'])
      ? undefined
      : 'epoch or maxRevision is not a count';
  });
}

export function decodeAppStatus(text: string): Decoded<AppStatus> {
  return decode(text, true, (fields) => {
    if (typeof fields['governor'] !== 'string' || typeof fields['at'] !== 'string')
      return 'governor or at is not text';
    const problem = summaryListsProblem(fields);
    if (problem !== undefined) return problem;
    countOr(fields, 'unplacedCount', 0);
    if (typeof fields['settled'] !== 'boolean') fields['settled'] = false;
    const {omitted, quiet} = fields;
    if (!isFields(quiet) || typeof quiet['until'] !== 'string' || typeof quiet['why'] !== 'string')
      delete fields['quiet'];
    keepWaits(fields);
    if (!isUsage(fields['usage'])) delete fields['usage'];
    if (!isFields(omitted) || !Object.values(omitted).every(isCount)) delete fields['omitted'];
    return undefined;
  });
}

/** One part of the summary of an app's loads; what cannot be read in its lists is left out. */
export function decodeLoadSummary(text: string): Decoded<LoadSummary> {
  return decode(text, true, (fields) => {
    if (typeof fields['at'] !== 'string') return 'at is not text';
    const {metrics} = fields;
    if (!Array.isArray(metrics) || !metrics.every((name) => typeof name === 'string'))
      return 'metrics is not a list of names';
    for (const name of ['part', 'parts', 'omitted']) countOr(fields, name, 0);
    fields['shards'] = listOf(fields['shards'], isShardLoads);
    fields['containers'] = listOf(fields['containers'], isContainerFigures);
    return undefined;
  });
}

function isShardLoads(item: unknown): boolean {
  if (!Array.isArray(item) || typeof item[0] !== 'string') return false;
  return item.slice(1).every((load) => load === null || (typeof load === 'number' && load >= 0));
}

function isContainerFigures(item: unknown): boolean {
  if (!Array.isArray(item) || typeof item[0] !== 'string' || !isFields(item[1])) return false;
  return Object.values(item[1]).every((figure) => typeof figure === 'number' && figure >= 0);
}

function listOf(list: unknown, isGood: (item: unknown) => boolean): unknown[] {
  return Array.isArray(list) ? list.filter(isGood) : [];
}

export function decodeAudit(text: string): Decoded<AuditEntry> {
  return decode(text, true, (fields) => {
    for (const name of ['at', 'who', 'from', 'operation', 'service', 'reason', 'requestId'])
      textOr(fields, name, '');
    if (!Array.isArray(fields['objects'])) fields['objects'] = [];
    countOr(fields, 'objectCount', 0);
    if (!isFields(fields['detail'])) fields['detail'] = {};
    if (!Array.isArray(fields['changed'])) delete fields['changed'];
    if (!isListOf(fields['undo'], isUndoStep)) delete fields['undo'];
    return undefined;
  });
}

/** Value of `apply` under an app's specs: which content is being applied, and from which revision on. */
export interface ApplyMarker {
  v: number;
  content: string;
  /** '' when it does not matter. */
  ifRevision: string;
  by: string;
  running: boolean;
  /** RFC 3339. */
  since: string;
  renewedAt: string;
}

/** Undefined when the value cannot be read: then it holds nobody up. */
export function decodeApplyMarker(text: string): ApplyMarker | undefined {
  const decoded = decode<ApplyMarker>(text, true, (fields) => {
    const missing = textProblem(fields, 'content', 'ifRevision', 'by', 'since', 'renewedAt');
    if (missing !== undefined) return missing;
    return typeof fields['running'] === 'boolean' ? undefined : 'running is not a boolean';
  });
  return decoded.ok ? decoded.value : undefined;
}

/** One round of finished moves; what is not a move in it is left out. */
export function decodeMoveRound(text: string): Decoded<FinishedMove[]> {
  return decodeRound(text, 'shard');
}

/** One round of events; what is none in it, or of a kind that is not known here, is left out. */
export function decodeEventRound(text: string): Decoded<AppEvent[]> {
  const round = decodeRound<AppEvent>(text, 'at');
  return round.ok ? {ok: true, value: round.value.filter(isEvent)} : round;
}

/** The text fields of each kind. */
const EVENT_TEXTS: Readonly<Record<string, readonly string[]>> = {
  container: ['container', 'incarnation', 'state', 'before'],
  alarm: ['state', 'code', 'text', 'object', 'since'],
  shards: ['what', 'cause'],
  outage: ['since', 'cause', 'daemon'],
};

function isEvent(event: AppEvent): boolean {
  const fields = event as unknown as Fields;
  const kind = fields['kind'] === undefined ? 'container' : String(fields['kind']);
  const texts = Object.hasOwn(EVENT_TEXTS, kind) ? EVENT_TEXTS[kind] : undefined;
  if (texts === undefined || !haveTexts(fields, texts)) return false;
  return kind !== 'shards' || (isCount(fields['count']) && Array.isArray(fields['shards']));
}

/** A list of objects that all have this text field. */
function decodeRound<T>(text: string, field: string): Decoded<T[]> {
  try {
    if (isTooDeep(text)) return bad('nested too deep');
    const parsed: unknown = JSON.parse(text);
    if (!Array.isArray(parsed)) return bad('no list');
    return {
      ok: true,
      value: parsed.filter(
        (item): item is T & Fields => isFields(item) && typeof item[field] === 'string',
      ),
    };
  } catch {
    return bad('no JSON');
  }
}

/** `check` drops what has a default and says what is wrong otherwise. `versioned`: a `v` above ours is refused. */
function decode<T>(
  text: string,
  versioned: boolean,
  check: (fields: Fields) => string | undefined,
): Decoded<T> {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    return bad('no JSON');
  }
  if (!isFields(parsed)) return bad('no JSON object');
  if (Object.hasOwn(parsed, '__proto__')) return bad('holds __proto__');
  const version = parsed['v'];
  if ((typeof version === 'number' || typeof version === 'bigint') && version > RECORD_VERSION) {
    return {ok: false, problem: `version ${version} is newer than ${RECORD_VERSION}`, newer: true};
  }
  if (versioned && version !== RECORD_VERSION) return bad('v is missing or is not a version');
  const problem = check(parsed);
  return problem === undefined ? {ok: true, value: parsed as T} : bad(problem);
}

function bad(problem: string): {ok: false; problem: string; newer: boolean} {
  return {ok: false, problem, newer: false};
}

/** The first of them that is not text. */
function textProblem(fields: Fields, ...names: readonly string[]): string | undefined {
  const name = names.find((one) => typeof fields[one] !== 'string');
  return name && `${name} is not text`;
}

function wordProblem(fields: Fields, name: string, words: readonly unknown[]): string | undefined {
  return words.includes(fields[name]) ? undefined : `${name} is not one of ${words.join(', ')}`;
}

function isMove(value: unknown): value is MoveNote | null {
  if (value === null) return true;
  if (!isFields(value)) return false;
  if (typeof value['numbers'] !== 'string') delete value['numbers'];
  return haveTexts(value, ['id', 'from', 'to', 'why', 'startedAt']);
}

/** A note that cannot be read is left out: what it is about stands without an end. */
function noteOrNone(fields: Fields, name: string): void {
  const note = fields[name];
  if (note === undefined) return;
  if (!isFields(note) || !haveTexts(note, ['reason', 'by', 'at', 'until'])) delete fields[name];
}

function textOr(fields: Fields, name: string, otherwise: string): void {
  if (typeof fields[name] !== 'string') fields[name] = otherwise;
}

function countOr(fields: Fields, name: string, otherwise: number): void {
  if (!isCount(fields[name])) fields[name] = otherwise;
}

function overdueHooks(value: unknown): OverdueHook[] {
  if (!Array.isArray(value)) return [];
  const known = value.filter(
    (one): one is OverdueHook =>
      isFields(one) &&
      typeof one['shard'] === 'string' &&
      (one['hook'] === 'add' || one['hook'] === 'drop'),
  );
  return known.slice(0, OVERDUE_SHOWN).map(({shard, hook, sinceMs}) => ({
    ...{shard, hook},
    ...(isInstant(sinceMs) ? {sinceMs} : {}),
  }));
}

function textMap(value: unknown): Record<string, string> {
  if (!isFields(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

function hasBigInt(value: unknown): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'object' || value === null) return false;
  for (const inner of Object.values(value)) if (hasBigInt(inner)) return true;
  return false;
}
