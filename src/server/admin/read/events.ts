/** What has happened: changes by operators, moves, container states. From the keys of each, newest last. */
import {sees} from '../../../model/access.ts';
import type {AppScope} from '../../../model/access.ts';
import {compareText} from '../../../model/compare-text.ts';
import type {AppEvent} from '../../../model/audit.ts';
import {appNotFound} from '../../../model/not-found.ts';
import type {ParsedKey} from '../../../etcd/keys.ts';
import type {AdminAnswer, AdminRequest, EventView} from '../../../protocol/admin.ts';
import {jsonIn} from '../../../protocol/foreign-json.ts';
import {decodeAudit, decodeEventRound, decodeMoveRound} from '../../../protocol/records.ts';
import type {KeyValue} from '../../../store/port.ts';
import {appNames} from './app-reads.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {UNREADABLE_EVENTS_NAMED} from '../limits.ts';

export async function events(
  dependencies: AdminDependencies,
  {service, object, limit, since, until, audit}: AdminRequest<'events'>,
): Promise<AdminAnswer<'events'>> {
  const {store, keys} = dependencies;
  const {names} = await appNames(dependencies);
  // An outage of the daemons is an event of every app.
  const apps = new Set(service === undefined ? names : [service]).add(dependencies.service);
  const known = service === undefined || service === dependencies.service;
  const prefixes = audit
    ? []
    : [...apps].flatMap((app) => [keys.movesPrefix(app), keys.eventsPrefix(app)]);
  const {entries, revision} = await store.list([keys.auditPrefix(), ...prefixes]);
  const found: EventView[] = [];
  const unreadable: UnreadableEntry[] = [];
  for (const entry of entries) {
    const parsed = keys.parse(entry.key);
    if (parsed === undefined) continue;
    const said = saidBy(parsed, entry);
    found.push(...said.events);
    if (said.problem === undefined || !maySeeKey(parsed, dependencies.apps)) continue;
    unreadable.push({key: entry.key, problem: said.problem});
  }
  const wanted = found
    .filter((event) => service === undefined || isOf(event, service))
    .filter((event) => maySee(event, dependencies.apps))
    .filter(({at}) => isWithin(at, since, until))
    .filter((event) => object === undefined || concerns(event, object))
    .sort((a, b) => compareText(a.at, b.at) || Number(a.revision) - Number(b.revision));
  // An app that was removed keeps its past; one that never was has none, only outages of the daemons.
  const hasPast = wanted.some((event) => event.service === service);
  if (!known && !hasPast && !names.includes(service)) throw appNotFound(service);
  const shown = {events: wanted.slice(-limit), matched: wanted.length, revision: String(revision)};
  const first = unreadable.slice(0, UNREADABLE_EVENTS_NAMED);
  return first.length === 0 ? shown : {...shown, unreadable: {count: unreadable.length, first}};
}

interface UnreadableEntry {
  readonly key: string;
  readonly problem: string;
}

/** What an entry of the audit tells of is in its value. */
function maySeeKey(parsed: ParsedKey, apps: AppScope = 'all'): boolean {
  return apps === 'all' || ('app' in parsed && sees(apps, parsed.app));
}

function isOf(event: EventView, service: string): boolean {
  return event.service === service || event.type === 'outage';
}

/** An outage of the daemons is one of every app; what names no app is for those who may see all. */
export function maySee(event: EventView, apps: AppScope = 'all'): boolean {
  return sees(apps, event.service) || event.type === 'outage';
}

/** By instant: texts of one may differ. */
function isWithin(at: string, since: string | undefined, until: string | undefined): boolean {
  const atMs = Date.parse(at);
  if (since !== undefined && !(atMs >= Date.parse(since))) return false;
  return until === undefined || atMs < Date.parse(until);
}

/** The events that a key holds; none when it holds something else, or cannot be read. */
export function eventsOf(parsed: ParsedKey, entry: KeyValue): EventView[] {
  return saidBy(parsed, entry).events;
}

/** Why a key of a history cannot be read, or not all of it; undefined: it can. */
export function historyProblem(parsed: ParsedKey, entry: KeyValue): string | undefined {
  return saidBy(parsed, entry).problem;
}

interface Said {
  readonly events: EventView[];
  /** Why the value, or some of it, cannot be read; absent where all of it can. */
  readonly problem?: string;
}

function saidBy(parsed: ParsedKey, entry: KeyValue): Said {
  const revision = String(entry.mod);
  if (parsed.kind === 'audit') {
    const decoded = decodeAudit(entry.value);
    if (!decoded.ok) return {events: [], problem: decoded.problem};
    const {at, service, who, from, operation, detail, reason, requestId} = decoded.value;
    const {objects, objectCount, changed = []} = decoded.value;
    const said = {at, service, who, from, operation, objects, objectCount, detail};
    return {events: [{type: 'audit', revision, ...said, changed, reason, requestId}]};
  }
  if (parsed.kind === 'moves') {
    const round = decodeMoveRound(entry.value);
    const service = parsed.app;
    if (!round.ok) return {events: [], problem: round.problem};
    return {
      events: round.value.map((move) => ({
        ...{type: 'move' as const, revision, at: move.endedAt, service, move},
      })),
      ...lostItems(entry.value, round.value.length),
    };
  }
  if (parsed.kind !== 'events') return {events: []};
  const round = decodeEventRound(entry.value);
  const service = parsed.app;
  if (!round.ok) return {events: [], problem: round.problem};
  const events = round.value.map((event) => appEvent(event, revision, service));
  return {events, ...lostItems(entry.value, round.value.length)};
}

/** Items of a round that are not what they should be, or of a kind that is not known here, are left out of what is read of it. */
function lostItems(text: string, read: number): Pick<Said, 'problem'> {
  const items = jsonIn(text);
  const lost = Array.isArray(items) ? items.length - read : 0;
  return lost === 0 ? {} : {problem: `${lost} of ${read + lost} entries cannot be read`};
}

function appEvent(event: AppEvent, revision: string, service: string): EventView {
  if (!('kind' in event)) return {type: 'container', revision, service, ...event};
  const {kind, ...rest} = event;
  return {type: kind, revision, service, ...rest} as EventView;
}

function concerns(event: EventView, object: string): boolean {
  if (event.type === 'container') return event.container === object;
  if (event.type === 'alarm') return event.object === object;
  if (event.type === 'shards') return event.shards.includes(object);
  // It has struck whatever there is.
  if (event.type === 'outage') return true;
  if (event.type === 'move')
    return [event.move.shard, event.move.from, event.move.to].includes(object);
  return event.objects.some((name) => name.slice(name.indexOf('/') + 1) === object);
}
