/** Why nobody serves a shard at present, and what leads out of it: one rule for the governor's alarm and `sm shard why`. Pure. */
import {restartOrEvict} from '../model/alarm-fix.ts';
import {andMore} from '../model/and-more.ts';
import {isProxyIncarnation, pushShardProblem} from '../model/ids.ts';
import type {Heartbeat} from '../model/container.ts';
import type {OwnershipRecord} from '../model/ownership.ts';
import {RULES} from '../model/placement-rules.ts';
import type {PlacementReason} from '../model/placement-rules.ts';
import type {Living, LivingContainer} from './containers.ts';
import type {AppView} from '../appstate/app-view.ts';
import {CLOSED_NAMED} from './limits.ts';

export interface GapContext {
  readonly app: string;
  readonly view: AppView;
  readonly living: Living;
  /** Why the plan has no home for the shard; '' where it has one. */
  readonly reasonOf: (shard: string) => string;
  /** What leads out of an alarm about the container; undefined where there is none. Default: nobody asks. */
  readonly alarmFixOf?: (container: string) => string | undefined;
}

export interface ServiceGap {
  readonly text: string;
  /** A command or a sentence; '' where nothing has to be done but wait. */
  readonly fix: string;
}

/** Undefined: somebody serves it. */
export function serviceGap(shard: string, context: GapContext): ServiceGap | undefined {
  const {app, view, living} = context;
  const unreadable = view.quarantined.shardProblem(shard);
  if (unreadable !== undefined)
    return {
      text: unreadable,
      fix: 'restore the key from a backup, or remove the shard and add it anew',
    };
  const record = view.own.get(shard)?.value;
  if (record === undefined || record.state === 'free') return homeless(shard, record, context);
  const {container, incarnation} = record;
  const heartbeat = view.heartbeats.get(incarnation)?.value;
  if (heartbeat === undefined) return lost(shard, container, context);
  if (heartbeat.state === 'evicting')
    return {
      text: `its container ${container} was evicted by an operator: it goes to another one by itself once nobody there may act for it`,
      fix: '',
    };
  const holder = living.get(container);
  if (holder?.incarnation === incarnation && isUnheard(holder))
    return {
      text: `its container ${container} is ${holder.state}`,
      fix: fixOfSilence(app, container),
    };
  if (record.state === 'owned' && record.ready) return undefined;
  return onTheWay(shard, record, heartbeat, holder, context);
}

function isUnheard({state}: LivingContainer): boolean {
  return state === 'silent' || state === 'lost' || state === 'suspect';
}

function fixOfSilence(app: string, container: string): string {
  return `see whether the process of ${container} runs: sm container get -a ${app} ${container}; its shards go to others by themselves`;
}

/** A record names a container that lives: assigned, being added, or being dropped. */
function onTheWay(
  shard: string,
  record: OwnershipRecord,
  {overdue = []}: Heartbeat,
  holder: LivingContainer | undefined,
  {app, view, alarmFixOf}: GapContext,
): ServiceGap {
  const {container, state, move} = record;
  const since = move === null ? '' : ` since ${move.startedAt}`;
  const others = sameProcess(view, container);
  // A push container runs on after an eviction: the shard would run twice.
  const isProxy = isProxyIncarnation(record.incarnation);
  const restart = isProxy
    ? `restart ${container}`
    : restartOrEvict({service: app, object: container, others});
  const hook = overdue.find((one) => one.shard === shard)?.hook;
  // A hook within its time limit is no reason to restart a container, which may be the last one that serves.
  const wait = (of: 'add' | 'drop'): string =>
    hook === of
      ? restart
      : `wait for its ${of} on ${container} to return; if it does not: ${restart}`;
  if (state === 'dropping') {
    return {
      text: `${container} has been dropping it${since}: ${howItDrops(hook)}, and no other container may have it before that`,
      fix: hook === 'add' ? restart : wait('drop'),
    };
  }
  if (state === 'owned') {
    // Whether the call came through, or its add runs, nobody knows: only a heartbeat proves it.
    if (isProxy)
      return {
        text: `${container} has been adding it${since}: no heartbeat says yet that it runs${noted(holder)}`,
        fix: `see the calls to ${container} in the log of the daemon that governs ${app}, and its own log; if no add is under way there: ${restart}`,
      };
    const how = hook === 'add' ? 'its add has exceeded its time limit' : 'its add has not returned';
    return {text: `${container} has been adding it${since}: ${how}`, fix: wait('add')};
  }
  const note = holder?.note ?? '';
  if (holder !== undefined && (holder.state === 'unreachable' || holder.state === 'refusing')) {
    const text = `it is assigned to ${container}${since}, which is ${holder.state}${note === '' ? '' : `: ${note}`}`;
    return {text, fix: alarmFixOf?.(container) ?? restart};
  }
  return {text: `it is assigned to ${container}${since}, which has not claimed it yet`, fix: ''};
}

/** `hook`: which one is overdue. A drop is called only when the add before it has returned. */
function howItDrops(hook: 'add' | 'drop' | undefined): string {
  if (hook === 'add')
    return 'its add has exceeded its time limit, and its drop is called after that';
  return hook === 'drop' ? 'its drop has exceeded its time limit' : 'its drop has not returned';
}

/** What is known against the container that has the shard. */
function noted(holder: LivingContainer | undefined): string {
  return holder?.note === undefined ? '' : `; ${holder.container} ${holder.note}`;
}

function lost(shard: string, container: string, context: GapContext): ServiceGap {
  const waitS = context.view.spec?.value.maxRecoveryTime ?? 0;
  const wait =
    waitS === 0
      ? 'it goes to another one by itself'
      : `it waits ${waitS} s for that one to come back (maxRecoveryTime), then goes to another one`;
  const {text, fix} = homelessBy(shard, context) ?? {text: wait, fix: ''};
  return {
    text: `its container ${container} is lost: ${text}`,
    fix: fix || fixOfSilence(context.app, container),
  };
}

function homeless(
  shard: string,
  record: OwnershipRecord | undefined,
  context: GapContext,
): ServiceGap {
  const failed = record === undefined || record.failures === 0 ? undefined : record;
  const gap = homelessBy(shard, context);
  if (failed === undefined) return gap ?? {text: waitText(shard, record, context), fix: ''};
  const {failures, container, lastError} = failed;
  const text = `its add has failed ${failures} times in a row, on ${container} last: ${lastError}`;
  const fix = `fix what its add needs; the log of ${container} says more`;
  return gap === undefined ? {text, fix} : {text: `${gap.text}; ${text}`, fix: gap.fix || fix};
}

/** It has a home in the plan. Where its move goes, a shard of its spread key may not have left yet. */
function waitText(
  shard: string,
  record: OwnershipRecord | undefined,
  {view, living}: GapContext,
): string {
  const to = record?.move?.to ?? '';
  const there = view.shardsOf(living.get(to)?.incarnation ?? '');
  const key = view.shards.get(shard)?.value.spreadKey ?? '';
  const mate = [...view.spreadKeys.shardsOf(key)].find((one) => one !== shard && there.has(one));
  return mate === undefined
    ? 'it waits to be assigned'
    : `it waits until ${mate}, which has the same spread key, has left ${to}`;
}

/** By the plan's reason; undefined: it has a home. */
export function homelessBy(shard: string, context: GapContext): ServiceGap | undefined {
  const {app, view, reasonOf} = context;
  const reason = reasonOf(shard) as PlacementReason | '';
  if (reason === '') return undefined;
  const {manualContainerId: pin = '', workerGroup = ''} = view.shards.get(shard)?.value ?? {};
  const unpin = `sm shard unpin -a ${app} ${shard}`;
  const start = `start a process that joins app ${app}`;
  const problem = pushShardProblem(shard);
  if (problem !== undefined && needsOtherContainers(reason, context))
    return {
      text: `only containers of the Go project could have it, and ${problem}`,
      fix: `${start} by our SDK, or add it under another id`,
    };
  switch (reason) {
    case 'no-container':
    case 'spread-key':
      return {text: RULES[reason], fix: start};
    case 'pin-not-living':
      return {
        text: `it is pinned to ${pin}, which is not alive`,
        fix: `start ${pin}, or ${unpin}`,
      };
    case 'pin-takes-nothing-new':
      return {text: `it is pinned to ${pin}, which ${stateOf(pin, context)}`, fix: unpin};
    case 'pin-outside-worker-group':
      return {
        text: `it is pinned to ${pin}, which is not in its worker group ${workerGroup}`,
        fix: `sm worker add -a ${app} ${workerGroup} ${pin}, or ${unpin}`,
      };
    case 'worker-group-empty':
      return {
        text: `its worker group ${workerGroup} has no members`,
        fix: `sm worker add -a ${app} ${workerGroup} CONTAINER`,
      };
    case 'worker-group-not-living':
      return {
        text: `no member of its worker group ${workerGroup} is alive`,
        fix: `${start} as one of its members`,
      };
    case 'nothing-accepts':
      return {
        text: `${RULES[reason]}: ${closedText(context)}`,
        fix: closedFix(context),
      };
    case 'capacity':
      return {
        text: RULES[reason],
        fix: `${start}, or raise the limit: sm app update ${app} --max-shard-count N`,
      };
    case 'metric-limit':
      return {text: RULES[reason], fix: `${start}, or one with higher limits`};
    default:
      return {text: reason, fix: ''};
  }
}

/** Push containers live, and none of them may have the shard. */
function needsOtherContainers(reason: PlacementReason, {living}: GapContext): boolean {
  const isOfPool =
    reason === 'worker-group-empty' ||
    reason === 'worker-group-not-living' ||
    reason === 'pin-outside-worker-group';
  return isOfPool && [...living.values()].some((one) => isProxyIncarnation(one.incarnation));
}

function stateOf(container: string, {living}: GapContext): string {
  const found = living.get(container);
  if (found === undefined) return 'is not alive';
  return `is ${found.state}${found.note === undefined || found.note === '' ? '' : `: ${found.note}`}`;
}

function closedText(context: GapContext): string {
  const closed = [...context.living.keys()];
  const named = closed.slice(0, CLOSED_NAMED).map((id) => `${id} ${stateOf(id, context)}`);
  return andMore(named, closed.length);
}

function closedFix({app, living}: GapContext): string {
  const all = [...living.values()];
  const ordered = all.find(({state}) => state === 'cordoned' || state === 'draining');
  if (ordered !== undefined)
    return `start another process that joins app ${app}, or sm container uncordon -a ${app} ${ordered.container}`;
  const [first] = all;
  return first === undefined
    ? `start a process that joins app ${app}`
    : `sm container get -a ${app} ${first.container}`;
}

/** Containers that run in the process of that one, by id: whoever restarts one restarts them all; none where the heartbeat says nothing of its process (push containers). */
export function sameProcess({heartbeats, ids}: AppView, container: string): string[] {
  const mine = heartbeats.get(ids.get(container)?.incarnation ?? '')?.value;
  if (mine === undefined || mine.bootId === '') return [];
  const others: string[] = [];
  for (const [id, {incarnation}] of ids) {
    const other = heartbeats.get(incarnation)?.value;
    if (id !== container && other?.bootId === mine.bootId) others.push(id);
  }
  return others.sort();
}
