/**
 * The best plan there is, by plain means: a min-cost flow of single shards over explicit arcs, shortest paths by
 * Bellman-Ford, levels filled shard by shard, shares as whole numbers of a common denominator. For small snapshots.
 */
import type {PlacementShard, PlacementSnapshot} from '../../src/model/placement.ts';
import {DENOMINATOR, limitsOf, shareOut, zoneBounds, zonesOf} from './oracle-shares.ts';
import {allows} from './twin.ts';

/** What a plan costs, most important first. */
export interface Score {
  /** Shards above the limit of their container. */
  readonly overfull: number;
  readonly unplaced: number;
  /** Sum of the priorities of those. */
  readonly urgency: number;
  readonly stranded: number;
  /** Shards on containers that have no share of their bucket, because of weight 0. */
  readonly weightless: number;
  /** How far the buckets are from even over zones: 1 + 2 + ... per zone. */
  readonly zones: number;
  /** How far the buckets are from even: 1 + 2 + ... per container. */
  readonly uneven: number;
  /** How far the totals are from the rounded sum of shares: 1 + 2 + ... per container. */
  readonly outside: number;
  readonly moves: number;
}

const WEIGHTS = {
  outside: 2 ** 5,
  uneven: 2 ** 15,
  zones: 2 ** 26,
  // More than one path from there changes of zones.
  weightless: 2 ** 33,
  stranded: 2 ** 36,
  priority: 2 ** 41,
  unplaced: 2 ** 44,
  overfull: 2 ** 50,
};

interface Group {
  /** Per container: whether it may get some. */
  readonly eligible: readonly boolean[];
  readonly held: readonly number[];
  /** Even are `least[c]` to `least[c] + spare[c]`. */
  readonly least: readonly number[];
  readonly spare: readonly number[];
  readonly size: number;
  /** Shards without a place of their own: urgent ones, and such that may stay on a draining container. */
  readonly urgent: number;
  readonly mayStay: number;
  /** Priorities of the urgent ones, the lowest first. */
  readonly priorities: readonly number[];
  /** Per container: whether it has no share, because of weight 0. */
  readonly weightless: readonly boolean[];
  /** Even in zone `z` are `zoneLeast[z]` to `zoneMost[z]`. */
  readonly zoneLeast: readonly number[];
  readonly zoneMost: readonly number[];
}

/** A snapshot as the oracle sees it. */
export interface Question {
  readonly snapshot: PlacementSnapshot;
  readonly groups: readonly Group[];
  /** Per shard: index of its group; -1: nothing to choose. */
  readonly groupOf: readonly number[];
  readonly fixed: readonly number[];
  readonly least: readonly number[];
  readonly most: readonly number[];
  /** Per container: most shards. */
  readonly limits: readonly number[];
  /** Per container: its zone; all 0 where zones do not count. */
  readonly zoneOf: readonly number[];
  /** Whether the limit is in the way of an even plan. */
  readonly binds: boolean;
}

const modeOf = (snapshot: PlacementSnapshot, id: string): string =>
  snapshot.containers.find((container) => container.id === id)?.mode ?? 'none';

function legalNow(snapshot: PlacementSnapshot, shard: PlacementShard): boolean {
  const container = snapshot.containers.find(({id}) => id === shard.current);
  return container !== undefined && allows(snapshot, shard, container);
}

/** The key of the shards that are chosen for together; undefined: the shard has no choice. */
function keyOf(snapshot: PlacementSnapshot, shard: PlacementShard): string | undefined {
  if (shard.pin !== '') {
    const there = snapshot.containers.find(({id}) => id === shard.pin);
    const arrives =
      there?.mode === 'open' && allows(snapshot, shard, there) && shard.current !== shard.pin;
    return arrives ? `pin ${shard.pin}` : undefined;
  }
  const open = snapshot.containers.some(
    (container) => container.mode === 'open' && allows(snapshot, shard, container),
  );
  const stays = legalNow(snapshot, shard) && modeOf(snapshot, shard.current) === 'closed';
  return open && !stays ? `${shard.group} ${shard.workerGroup}` : undefined;
}

export function questionOf(snapshot: PlacementSnapshot): Question {
  const keys = snapshot.shards.map((shard) => keyOf(snapshot, shard));
  const names = [...new Set(keys.filter((key) => key !== undefined))];
  const shares = snapshot.containers.map(() => 0);
  const groups = names.map((name) => {
    const members = snapshot.shards.filter((_, at) => keys[at] === name);
    return name.startsWith('pin ')
      ? arrivals(snapshot, members, name.slice('pin '.length))
      : groupOf(snapshot, members, shares);
  });
  const fixed = snapshot.containers.map(
    ({id}) =>
      snapshot.shards.filter(
        (shard, at) => shard.current === id && keys[at] === undefined && legalNow(snapshot, shard),
      ).length,
  );
  for (const [at, container] of snapshot.containers.entries()) {
    const pinned = snapshot.shards.filter(
      (shard) => shard.pin === container.id && allows(snapshot, shard, container),
    ).length;
    shares[at] = (shares[at] ?? 0) + DENOMINATOR * (container.mode === 'open' ? pinned : 0);
  }
  const limits = limitsOf(snapshot);
  const open = snapshot.containers.map(({mode}) => mode === 'open');
  const most = shares.map((share) => Math.ceil(share / DENOMINATOR));
  const least = shares.map((share) => Math.floor(share / DENOMINATOR));
  const binds = most.some((count, at) => open[at] === true && count > (limits[at] ?? 0));
  const bound = (count: number, at: number): number =>
    binds ? Math.min(limits[at] ?? 0, count) : count;
  return {
    snapshot,
    groups,
    groupOf: keys.map((key) => (key === undefined ? -1 : names.indexOf(key))),
    fixed,
    least: least.map(bound),
    most: most.map(bound),
    limits,
    zoneOf: zonesOf(snapshot),
    binds,
  };
}

function arrivals(
  snapshot: PlacementSnapshot,
  members: readonly PlacementShard[],
  pin: string,
): Group {
  const {containers} = snapshot;
  const here = containers.map(({id}) => (id === pin ? 1 : 0));
  return {
    eligible: here.map((one) => one === 1),
    held: here.map(() => 0),
    least: here.map((one) => one * members.length),
    spare: here.map(() => 0),
    size: members.length,
    urgent: members.length,
    mayStay: 0,
    priorities: prioritiesOf(members),
    weightless: [],
    ...zoneBounds(
      snapshot,
      here.map((one) => one * members.length * DENOMINATOR),
    ),
  };
}

const prioritiesOf = (shards: readonly PlacementShard[]): number[] =>
  shards.map(({priority = 0}) => priority).sort((a, b) => a - b);

/** Adds its shares to `shares`. */
function groupOf(
  snapshot: PlacementSnapshot,
  members: readonly PlacementShard[],
  shares: number[],
): Group {
  const [one] = members as [PlacementShard];
  const {containers, shards} = snapshot;
  const eligible = containers.map(
    (container) => container.mode === 'open' && allows(snapshot, one, container),
  );
  const pins = containers.map(
    ({id}) =>
      shards.filter(
        (shard) =>
          shard.pin === id && shard.group === one.group && shard.workerGroup === one.workerGroup,
      ).length,
  );
  const given = containers.map(({weight = 1}, at) => (eligible[at] === true ? weight : 0));
  const weights = given.some((weight) => weight > 0) ? given : eligible.map(Number);
  const exact = shareOut(pins, weights, eligible, members.length);
  const least = exact.map((share) => Math.floor(share / DENOMINATOR));
  for (const [at, share] of exact.entries()) shares[at] = (shares[at] ?? 0) + share;
  const stays = members.filter(
    (shard) => legalNow(snapshot, shard) && modeOf(snapshot, shard.current) === 'draining',
  );
  const held = containers.map(({id}, at) =>
    eligible[at] === true ? members.filter(({current}) => current === id).length : 0,
  );
  const running = held.reduce((sum, count) => sum + count, 0);
  return {
    eligible,
    held,
    least,
    spare: exact.map((share) => (share % DENOMINATOR === 0 ? 0 : 1)),
    size: members.length,
    urgent: members.length - running - stays.length,
    mayStay: stays.length,
    priorities: prioritiesOf(members.filter((shard) => !runsWell(snapshot, shard))),
    weightless: weights.map((weight) => weight === 0),
    ...zoneBounds(snapshot, exact),
  };
}

/** Whether it runs where it may stay, or may stay for a while. */
function runsWell(snapshot: PlacementSnapshot, shard: PlacementShard): boolean {
  return legalNow(snapshot, shard);
}

const triangle = (distance: number): number => (distance * (distance + 1)) / 2;

const distanceOf = (count: number, least: number, most: number): number =>
  Math.max(0, least - count, count - most);

/** `counts[group][container]`. */
export function scoreOf(question: Question, counts: readonly (readonly number[])[]): Score {
  const {groups, fixed, least, most, limits, zoneOf, snapshot} = question;
  const none = {overfull: 0, unplaced: 0, urgency: 0, stranded: 0};
  const score = {...none, weightless: 0, zones: 0, uneven: 0, outside: 0, moves: 0};
  for (const [at, group] of groups.entries()) {
    const row = counts[at] ?? [];
    const out = group.size - row.reduce((sum, count) => sum + count, 0);
    score.stranded += Math.min(out, group.mayStay);
    score.unplaced += Math.max(0, out - group.mayStay);
    score.urgency += group.priorities
      .slice(0, Math.max(0, out - group.mayStay))
      .reduce((sum, priority) => sum + priority, 0);
    const ofZone = group.zoneLeast.map(() => 0);
    for (const [container, count] of row.entries()) {
      const zone = zoneOf[container] ?? 0;
      ofZone[zone] = (ofZone[zone] ?? 0) + count;
    }
    for (const [zone, count] of ofZone.entries())
      score.zones += triangle(
        distanceOf(count, group.zoneLeast[zone] ?? 0, group.zoneMost[zone] ?? 0),
      );
    for (const [container, count] of row.entries()) {
      if (group.eligible[container] !== true) continue;
      const low = group.least[container] ?? 0;
      if (group.weightless[container] === true) score.weightless += count;
      else score.uneven += triangle(distanceOf(count, low, low + (group.spare[container] ?? 0)));
      score.moves += Math.max(0, (group.held[container] ?? 0) - count);
    }
  }
  for (const [container, {mode}] of snapshot.containers.entries()) {
    if (mode !== 'open') continue;
    const total = counts.reduce((sum, row) => sum + (row[container] ?? 0), fixed[container] ?? 0);
    score.outside += triangle(distanceOf(total, least[container] ?? 0, most[container] ?? 0));
    if (question.binds) score.overfull += Math.max(0, total - (limits[container] ?? 0));
  }
  return score;
}

/** `counts[group][container]` of a plan. */
export function countsOf(question: Question, target: Int32Array): number[][] {
  const counts = question.groups.map(() => question.snapshot.containers.map(() => 0));
  for (const [shard, group] of question.groupOf.entries()) {
    const to = target[shard] ?? -1;
    const row = counts[group];
    if (row === undefined || question.groups[group]?.eligible[to] !== true) continue;
    row[to] = (row[to] ?? 0) + 1;
  }
  return counts;
}

interface Arc {
  readonly from: number;
  readonly to: number;
  readonly cost: number;
  readonly back: number;
  open: boolean;
}

/** The lowest score there is. */
export function bestScore(question: Question): Score {
  const {groups, snapshot, fixed} = question;
  const containers = snapshot.containers.length;
  const {zoneOf} = question;
  const zones = 1 + Math.max(0, ...zoneOf);
  const zoneNode = (group: number, zone: number): number =>
    groups.length + containers + group * zones + zone;
  const sink = zoneNode(groups.length, 0);
  const arcs: Arc[] = [];
  const connect = (from: number, to: number, cost: number): void => {
    arcs.push({from, to, cost, back: arcs.length + 1, open: true});
    arcs.push({from: to, to: from, cost: -cost, back: arcs.length - 1, open: false});
  };
  const cells: {group: number; container: number; arc: number}[] = [];
  for (const [at, group] of groups.entries()) {
    for (let out = 0; out < group.mayStay; out += 1) connect(at, sink, WEIGHTS.stranded);
    for (const priority of group.priorities)
      connect(at, sink, WEIGHTS.unplaced + WEIGHTS.priority * priority);
    for (let zone = 0; zone < zones; zone += 1) {
      const [low = 0, high = 0] = [group.zoneLeast[zone], group.zoneMost[zone]];
      for (let count = 0; count < group.size; count += 1)
        connect(
          at,
          zoneNode(at, zone),
          WEIGHTS.zones *
            (triangle(distanceOf(count + 1, low, high)) - triangle(distanceOf(count, low, high))),
        );
    }
    for (let container = 0; container < containers; container += 1) {
      if (group.eligible[container] !== true) continue;
      const low = group.least[container] ?? 0;
      const high = low + (group.spare[container] ?? 0);
      for (let count = 0; count < group.size; count += 1) {
        const step =
          triangle(distanceOf(count + 1, low, high)) - triangle(distanceOf(count, low, high));
        const price =
          group.weightless[container] === true ? WEIGHTS.weightless : WEIGHTS.uneven * step;
        const saved = count < (group.held[container] ?? 0) ? 1 : 0;
        cells.push({group: at, container, arc: arcs.length});
        const from = zoneNode(at, zoneOf[container] ?? 0);
        connect(from, groups.length + container, price - saved);
      }
    }
  }
  for (let container = 0; container < containers; container += 1) {
    const low = question.least[container] ?? 0;
    const high = question.most[container] ?? 0;
    const first = fixed[container] ?? 0;
    for (let total = first; total < first + snapshot.shards.length; total += 1) {
      const step =
        triangle(distanceOf(total + 1, low, high)) - triangle(distanceOf(total, low, high));
      const over =
        question.binds && total >= (question.limits[container] ?? 0) ? WEIGHTS.overfull : 0;
      connect(groups.length + container, sink, WEIGHTS.outside * step + over);
    }
  }
  for (const [at, {size}] of groups.entries())
    for (let unit = 0; unit < size; unit += 1) send(arcs, at, sink);
  const counts = groups.map(() => snapshot.containers.map(() => 0));
  for (const {group, container, arc} of cells) {
    const row = counts[group];
    if (row !== undefined && arcs[arc]?.open === false) row[container] = (row[container] ?? 0) + 1;
  }
  return scoreOf(question, counts);
}

/** One unit along the cheapest path. */
function send(arcs: readonly Arc[], from: number, sink: number): void {
  const cost = new Array<number>(sink + 1).fill(Number.POSITIVE_INFINITY);
  const by = new Array<number>(sink + 1).fill(-1);
  cost[from] = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (const [at, arc] of arcs.entries()) {
      const next = (cost[arc.from] ?? 0) + arc.cost;
      if (!arc.open || next >= (cost[arc.to] ?? 0)) continue;
      cost[arc.to] = next;
      by[arc.to] = at;
      changed = true;
    }
  }
  for (let node = sink; node !== from;) {
    const arc = arcs[by[node] ?? -1];
    const back = arcs[arc?.back ?? -1];
    if (arc === undefined || back === undefined) throw new Error('a shard without any way');
    arc.open = false;
    back.open = true;
    node = arc.from;
  }
}
