/** What separates an app from what a file says of it. Pure. */
import type {FileApp, FileShard} from '../config/apps-file.ts';
import {policyText} from '../model/placement-policy.ts';
import type {PlacementPolicy} from '../model/placement-policy.ts';
import {contentChanges} from '../model/shard-content.ts';
import type {DeclaredShard, ExportAppAnswer} from '../protocol/admin.ts';

export interface FieldChange {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

export interface AppDiff {
  readonly name: string;
  readonly exists: boolean;
  /** Limits and pause; none for an app that does not exist yet. */
  readonly spec: readonly FieldChange[];
  readonly add: readonly FileShard[];
  readonly update: readonly {readonly shard: FileShard; readonly changes: readonly FieldChange[]}[];
  /** There, but not in the file: removed only by prune. */
  readonly extra: readonly string[];
  readonly join: readonly Membership[];
  readonly extraMemberships: readonly Membership[];
  /** '0' for an app that does not exist. */
  readonly specRevision: string;
}

export interface Membership {
  readonly workerGroup: string;
  readonly container: string;
}

/** One line of a diff. */
export interface DiffRow {
  readonly app: string;
  /** `app`, `shard/eu-1`, `worker/gpu/orders-3`. */
  readonly object: string;
  /** `unmanaged`: there, not in the file, and left alone. */
  readonly change: 'create' | 'update' | 'delete' | 'unmanaged';
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

const SPEC_FIELDS = ['maxShardCount', 'maxRecoveryTime', 'maxMoving', 'paused'] as const;

export function diffApp(wanted: FileApp, present: ExportAppAnswer | undefined): AppDiff {
  const known = new Map(present?.app.shards.map((shard) => [shard.shardId, shard]) ?? []);
  const add: FileShard[] = [];
  const update: AppDiff['update'][number][] = [];
  const named = new Set<string>();
  for (const shard of wanted.shards) {
    named.add(shard.shardId);
    const before = known.get(shard.shardId);
    const changes = before === undefined ? [] : shardChanges(before, shard);
    if (before === undefined) add.push(shard);
    else if (changes.length > 0) update.push({shard, changes});
  }
  const groups = present?.app.workerGroups ?? {};
  return {
    name: wanted.name,
    exists: present !== undefined,
    spec: present === undefined ? [] : specChanges(present, wanted),
    add,
    update,
    extra: [...known.keys()].filter((id) => !named.has(id)),
    join: membershipsBut(wanted.workerGroups, groups),
    extraMemberships: membershipsBut(groups, wanted.workerGroups),
    specRevision: present?.specRevision ?? '0',
  };
}

/** Objects that applying would write. */
export function countOf(diff: AppDiff, prune: boolean): number {
  const {exists, spec, add, update, extra, join, extraMemberships} = diff;
  const specs = !exists || spec.length > 0 ? 1 : 0;
  const removed = prune ? extra.length + extraMemberships.length : 0;
  return specs + add.length + update.length + join.length + removed;
}

export function diffRows(diff: AppDiff, prune: boolean): DiffRow[] {
  const {name: app, exists, spec, add, update, extra, join, extraMemberships} = diff;
  const row = (
    object: string,
    change: DiffRow['change'],
    over: Partial<FieldChange> = {},
  ): DiffRow => ({
    ...{app, object, change, field: '', from: '', to: ''},
    ...over,
  });
  const left = prune ? 'delete' : 'unmanaged';
  const member = ({workerGroup, container}: Membership): string =>
    `worker/${workerGroup}/${container}`;
  return [
    ...(exists ? [] : [row('app', 'create')]),
    ...spec.map((change) => row('app', 'update', change)),
    ...join.map((one) => row(member(one), 'create')),
    ...add.map(({shardId}) => row(`shard/${shardId}`, 'create')),
    ...update.flatMap(({shard, changes}) =>
      changes.map((change) => row(`shard/${shard.shardId}`, 'update', change)),
    ),
    ...extra.map((id) => row(`shard/${id}`, left)),
    ...extraMemberships.map((one) => row(member(one), left)),
  ];
}

function specChanges({app}: ExportAppAnswer, wanted: FileApp): FieldChange[] {
  const present = {...app, maxMoving: app.maxMoving ?? 0};
  const changes = SPEC_FIELDS.filter((field) => present[field] !== wanted[field]).map((field) => ({
    field: field as string,
    from: String(present[field]),
    to: String(wanted[field]),
  }));
  const [from, to] = [policyText(app.placement as PlacementPolicy), policyText(wanted.placement)];
  return from === to ? changes : [...changes, {field: 'placement', from, to}];
}

function shardChanges(before: DeclaredShard, wanted: FileShard): FieldChange[] {
  return contentChanges(before, wanted).map(({field, ...change}) => ({
    field: field === 'manualContainerId' ? 'pin' : field,
    ...change,
  }));
}

type Groups = Readonly<Record<string, readonly string[]>>;

/** Memberships of `groups` that `others` does not name. */
function membershipsBut(groups: Groups, others: Groups): Membership[] {
  return Object.entries(groups).flatMap(([workerGroup, members]) => {
    const there = new Set(Object.hasOwn(others, workerGroup) ? others[workerGroup] : []);
    return members
      .filter((container) => !there.has(container))
      .map((container) => ({workerGroup, container}));
  });
}
