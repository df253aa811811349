/** apps.yml: apps with their shards, worker groups and pins. Every fault is named with file:line:column. */
import {LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseAllDocuments} from 'yaml';
import type {Document, Node, Scalar, YAMLMap, YAMLSeq} from 'yaml';
import {compareText} from '../model/compare-text.ts';
import {SmError} from '../model/errors.ts';
import {nearestWords} from '../model/nearest.ts';
import {contradictionsOf, plainPolicy} from '../model/placement-policy.ts';
import type {PlacementPolicy} from '../model/placement-policy.ts';
import {APPS_SHAPE, idsOfRange} from './apps-schema.ts';
import type {Field, Shape} from './apps-shape.ts';
import {PLACEMENT_FIELDS} from './placement-schema.ts';
import {repeatedKeys} from './unique-keys.ts';
import {APPS_FILE_LIMIT_BYTES, FAULTS_SHOWN, SHARDS_LIMIT} from './limits.ts';
import {MAX_RECOVERY_TIME_DEFAULT_S} from '../model/limits.ts';

export interface FileShard {
  readonly shardId: string;
  readonly task: string;
  readonly manualContainerId: string;
  readonly group: string;
  readonly workerGroup: string;
  /** By metric. */
  readonly load: Readonly<Record<string, number>>;
  /** '' for none. */
  readonly spreadKey: string;
  readonly priority: number;
}

/** One app as a file says it shall be; defaults filled in, shards and groups sorted. */
export interface FileApp {
  readonly name: string;
  readonly maxShardCount: number;
  readonly maxRecoveryTime: number;
  /** 0: by default. */
  readonly maxMoving: number;
  /** undefined: by default. */
  readonly placement: PlacementPolicy | undefined;
  readonly paused: boolean;
  readonly shards: readonly FileShard[];
  readonly workerGroups: Readonly<Record<string, readonly string[]>>;
}

interface RawShard extends Partial<Omit<FileShard, 'shardId' | 'manualContainerId'>> {
  readonly id?: string;
  readonly range?: string;
  readonly pin?: string;
}

interface RawApp extends Partial<Omit<FileApp, 'name' | 'shards'>>, Pick<FileApp, 'name'> {
  readonly pins?: Readonly<Record<string, string>>;
  readonly shards?: readonly (string | RawShard)[];
}

const PLACEMENT_SHAPE: Shape = {kind: 'map', fields: PLACEMENT_FIELDS};

/** The apps of all texts together. @throws SmError INVALID_CONFIG naming the first faults with file:line:column. */
export function parseApps(sources: readonly {file: string; text: string}[]): FileApp[] {
  const faults: string[] = [];
  const placed = new Map<string, string>();
  const apps: FileApp[] = [];
  for (const {file, text} of sources) {
    for (const {app, at} of appsOf(file, text, faults)) {
      const first = placed.get(app.name);
      if (first !== undefined)
        faults.push(`${at}: app ${app.name} is already declared at ${first}`);
      placed.set(app.name, at);
      apps.push(fileApp(app, at, faults));
    }
  }
  if (faults.length > 0) throw invalid(faults);
  return apps.sort((a, b) => compareText(a.name, b.name));
}

const APPS_HINT = 'sm explain apps lists the keys of the file, sm export -a APP prints an example';
const PLACEMENT_HINT = 'sm explain apps.placement lists the keys of a policy';

function invalid(faults: readonly string[], hint = APPS_HINT): SmError {
  const more = faults.length - FAULTS_SHOWN;
  const shown = faults.slice(0, FAULTS_SHOWN);
  return new SmError(
    'INVALID_CONFIG',
    [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
    {hint},
  );
}

/** A policy by itself, YAML or JSON; undefined when it says nothing. @throws SmError INVALID_CONFIG naming the first faults with file:line:column. */
export function parsePlacement(file: string, text: string): PlacementPolicy | undefined {
  const faults: string[] = [];
  const {documents, position} = documentsOf(file, text, faults);
  if (documents.length > 1) faults.push(`${file}: more than one document`);
  const [document] = documents;
  if (document === undefined) throw invalid(faults, PLACEMENT_HINT);
  const checker = new Checker(position, faults);
  checker.check(document.contents as Node | null, PLACEMENT_SHAPE, '');
  if (faults.length > 0) throw invalid(faults);
  const policy = document.toJS() as PlacementPolicy;
  const below = (path: string): string => path.replace(/^placement[.]/, '');
  for (const {fields, problem} of contradictionsOf(policy, undefined)) {
    const [one, other] = fields.map(below) as [string, string];
    const [at, with_] = [one, other].map((path) =>
      position(offsetOf(document.contents as Node, path)),
    );
    faults.push(`${at}: ${one} and ${other} (${with_}) contradict: ${problem}`);
  }
  if (faults.length > 0) throw invalid(faults);
  return plainPolicy(policy);
}

function appsOf(file: string, text: string, faults: string[]): {app: RawApp; at: string}[] {
  if (Buffer.byteLength(text) > APPS_FILE_LIMIT_BYTES) {
    faults.push(`${file}: larger than ${APPS_FILE_LIMIT_BYTES} bytes`);
    return [];
  }
  const {documents, position} = documentsOf(file, text, faults);
  const found: {app: RawApp; at: string}[] = [];
  for (const document of documents) {
    const checker = new Checker(position, faults);
    const before = faults.length;
    checker.check(document.contents as Node | null, APPS_SHAPE, '');
    if (faults.length > before) continue;
    const apps = (document.get('apps') as YAMLSeq).items;
    for (const item of apps) {
      const node = item as Node;
      const app = node.toJS(document) as RawApp;
      refuseContradictions(app, node, position, faults);
      found.push({app, at: position(node.range?.[0] ?? 0)});
    }
  }
  return found;
}

/** The documents that are YAML; what is not is a fault. */
function documentsOf(
  file: string,
  text: string,
  faults: string[],
): {documents: Document[]; position: (offset: number) => string} {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    ...{lineCounter: lines, version: '1.2', schema: 'core', uniqueKeys: false},
    ...{customTags: null, prettyErrors: false, logLevel: 'silent'},
  });
  const position = (offset: number): string => {
    const {line, col} = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const parsed = Array.isArray(documents) ? (documents as Document[]) : [];
  if (parsed.every(({contents, errors}) => contents === null && errors.length === 0))
    faults.push(`${file}:1:1: the file is empty`);
  const sound: Document[] = [];
  for (const document of parsed) {
    if (document.contents === null && document.errors.length === 0) continue;
    for (const {message, pos} of [...document.errors, ...document.warnings])
      faults.push(`${position(pos[0])}: ${message}`);
    const repeated = repeatedKeys(document);
    for (const offset of repeated) faults.push(`${position(offset)}: keys of a map must be unique`);
    if (document.errors.length + repeated.length === 0) sound.push(document);
  }
  return {documents: sound, position};
}

/** Walks a document beside the shape that it must have. */
class Checker {
  private readonly position: (offset: number) => string;
  private readonly faults: string[];

  constructor(position: (offset: number) => string, faults: string[]) {
    this.position = position;
    this.faults = faults;
  }

  check(node: Node | null, shape: Shape, path: string): void {
    if (isAlias(node)) return this.fault(node, path, 'is an alias; write it out');
    switch (shape.kind) {
      case 'map':
        return isMap(node)
          ? this.checkMap(node, shape.fields, path)
          : this.fault(node, path, 'is not a map');
      case 'table':
        return isMap(node)
          ? this.checkTable(node, shape, path)
          : this.fault(node, path, 'is not a map');
      case 'list':
        if (!isSeq(node)) return this.fault(node, path, 'is not a list');
        for (const [at, item] of node.items.entries())
          this.check(item as Node, shape.of, `${path}[${at}]`);
        return;
      case 'either':
        return this.check(node, isMap(node) ? shape.map : shape.text, path);
      default:
        return this.checkScalar(node, shape, path);
    }
  }

  private checkMap(map: YAMLMap, fields: Readonly<Record<string, Field>>, path: string): void {
    const seen = new Set<string>();
    for (const {key, value} of map.items) {
      const name = isScalar(key) ? String(key.value) : '';
      seen.add(name);
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field === undefined) this.unknown(key as Node, name, Object.keys(fields), path);
      else this.check(value as Node | null, field.shape, path === '' ? name : `${path}.${name}`);
    }
    for (const [name, {required}] of Object.entries(fields))
      if (required === true && !seen.has(name)) this.fault(map, path, `lacks ${name}`);
    if (Object.hasOwn(fields, 'range') && seen.has('id') === seen.has('range'))
      this.fault(map, path, 'needs either id or range');
  }

  private checkTable(map: YAMLMap, shape: Shape & {kind: 'table'}, path: string): void {
    for (const {key, value} of map.items) {
      const name = isScalar(key) ? String(key.value) : '';
      // 007 would become the name 7.
      const same = isScalar(key) && (typeof key.value === 'string' || key.source === name);
      const problem = same ? shape.keyProblem(name) : 'a key is not text: put it in quotes';
      if (problem !== undefined) this.fault(key as Node, path, `: ${problem}`);
      this.check(value as Node | null, shape.of, `${path}.${name}`);
    }
  }

  private checkScalar(node: Node | null, shape: Shape, path: string): void {
    const value = isScalar(node) ? (node as Scalar).value : undefined;
    const {kind} = shape;
    if (kind === 'text') {
      // 007 and 1e3 are numbers to YAML, and would come back as others.
      if (typeof value !== 'string') return this.fault(node, path, 'is not text: put it in quotes');
      const problem = shape.problem(value);
      if (problem !== undefined) this.fault(node, path, problem);
    } else if (kind === 'flag') {
      if (typeof value !== 'boolean') this.fault(node, path, 'is neither true nor false');
    } else if (kind === 'count') {
      const fits =
        typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= shape.most;
      if (!fits) this.fault(node, path, `is not a whole number from 0 to ${shape.most}`);
    } else if (kind === 'number') {
      const {least, most, whole} = shape;
      const isWhole = whole === undefined || Number.isInteger(value);
      if (typeof value !== 'number' || !isWhole || !(value >= least && value <= most))
        this.fault(node, path, `is not a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
    } else if (kind === 'word') {
      if (typeof value !== 'string' || !shape.of.includes(value))
        this.fault(node, path, `is not one of ${shape.of.join(', ')}`);
    }
  }

  private unknown(node: Node, name: string, known: readonly string[], path: string): void {
    // Looking for the word that was meant costs more than all else, and only the first are shown.
    const isShown = this.faults.length < FAULTS_SHOWN;
    const [nearest] = isShown ? nearestWords(name, known, 1) : [];
    const guess = nearest === undefined ? '' : `, did you mean ${nearest}?`;
    this.fault(node, path, `unknown key ${JSON.stringify(name)}${guess}`);
  }

  private fault(node: Node | null, path: string, problem: string): void {
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    const subject = path === '' ? 'the file' : path;
    const glue = problem.startsWith(':') || problem.startsWith('unknown') ? '' : ' ';
    const text = problem.startsWith('unknown') ? `: ${problem}` : problem;
    this.faults.push(`${this.position(offset)}: ${subject}${glue}${text}`);
  }
}

/** Both fields of each contradiction with their lines; a field that is left out stands where its map does. */
function refuseContradictions(
  {name, placement, maxMoving}: RawApp,
  node: Node,
  position: (offset: number) => string,
  faults: string[],
): void {
  for (const {fields, problem} of contradictionsOf(placement, maxMoving)) {
    const [one, other] = fields;
    faults.push(
      `${position(offsetOf(node, one))}: app ${name}: ${one} and ${other} (${position(offsetOf(node, other))}) contradict: ${problem}`,
    );
  }
}

function offsetOf(app: Node, path: string): number {
  let node: unknown = app;
  for (const part of path.split(/[.[\]]+/).filter((word) => word !== '')) {
    const inner: unknown = isMap(node) || isSeq(node) ? node.get(part, true) : undefined;
    if (!isNode(inner)) break;
    node = inner;
  }
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function fileApp(raw: RawApp, at: string, faults: string[]): FileApp {
  const {
    name,
    maxShardCount = 0,
    maxRecoveryTime = MAX_RECOVERY_TIME_DEFAULT_S,
    maxMoving = 0,
    paused = false,
  } = raw;
  const placement = plainPolicy(raw.placement);
  const pins = raw.pins ?? {};
  const shards = new Map<string, FileShard>();
  for (const item of raw.shards ?? []) {
    const shard: RawShard = typeof item === 'string' ? {id: item} : item;
    const ids = shard.range === undefined ? [shard.id ?? ''] : idsOfRange(shard.range);
    for (const id of ids) {
      if (shards.has(id)) faults.push(`${at}: app ${name}: shard ${id} is listed twice`);
      const pinned = Object.hasOwn(pins, id) ? pins[id] : undefined;
      if (pinned !== undefined && shard.pin !== undefined && pinned !== shard.pin)
        faults.push(`${at}: app ${name}: shard ${id} has two pins`);
      const {task = '', group = '', workerGroup = ''} = shard;
      const {load = {}, spreadKey = '', priority = 0} = shard;
      const manualContainerId = pinned ?? shard.pin ?? '';
      const terms = {load, spreadKey, priority};
      shards.set(id, {shardId: id, task, manualContainerId, group, workerGroup, ...terms});
    }
    if (shards.size > SHARDS_LIMIT) {
      faults.push(`${at}: app ${name} has more than ${SHARDS_LIMIT} shards`);
      break;
    }
  }
  for (const id of Object.keys(pins))
    if (!shards.has(id)) faults.push(`${at}: app ${name}: pins names ${id}, which is not a shard`);
  faults.push(
    ...termFaults([...shards.values()], placement).map((fault) => `${at}: app ${name}: ${fault}`),
  );
  const groups = Object.entries(raw.workerGroups ?? {})
    .map(([group, members]) => [group, [...new Set(members)].sort(compareText)] as const)
    .filter(([, members]) => members.length > 0)
    .sort(([a], [b]) => compareText(a, b));
  return {
    ...{name, maxShardCount, maxRecoveryTime, maxMoving, placement, paused},
    shards: [...shards.values()].sort((a, b) => compareText(a.shardId, b.shardId)),
    workerGroups: Object.fromEntries(groups),
  };
}

/** What shards say that the policy, or another shard, contradicts. */
function termFaults(shards: readonly FileShard[], policy: PlacementPolicy | undefined): string[] {
  const faults: string[] = [];
  const metrics = new Set(policy?.metrics?.map(({name}) => name));
  const pinned = new Map<string, string>();
  for (const {shardId, load, spreadKey, manualContainerId} of shards) {
    for (const metric of Object.keys(load))
      if (!metrics.has(metric))
        faults.push(`load of shard ${shardId} names ${metric}, which placement.metrics does not`);
    if (spreadKey === '' || manualContainerId === '') continue;
    const bond = JSON.stringify([spreadKey, manualContainerId]);
    const first = pinned.get(bond);
    if (first !== undefined)
      faults.push(
        `shards ${first} and ${shardId} have the spreadKey ${spreadKey} and are both pinned to ${manualContainerId}`,
      );
    pinned.set(bond, shardId);
  }
  return faults;
}
