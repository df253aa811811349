/** Turns what an app looks like from time to time into the events of a trace. Pure. */
import type {ContainerState} from '../model/container.ts';
import {said} from '../model/said.ts';
import {SHARDS_PER_LINE} from './limits.ts';
import type {Loads, TraceContainer, TraceEvent, TraceShard} from './trace.ts';

/** A container as readers see it. */
export interface SeenContainer {
  readonly id: string;
  /** '' where no process has the id. */
  readonly incarnation: string;
  readonly state: ContainerState;
  readonly weight: number;
  /** 0: no limit of its own. */
  readonly capacity: number;
  readonly zone: string;
  readonly limits: Loads;
  readonly version: string;
  readonly order: {readonly order: 'cordon' | 'drain'} | null;
}

/** A shard as readers see it. */
export interface SeenShard {
  readonly id: string;
  readonly group: string;
  readonly workerGroup: string;
  readonly manualContainerId: string;
  readonly load?: Loads | undefined;
  readonly spreadKey?: string | undefined;
  readonly priority?: number | undefined;
  readonly removing: boolean;
  readonly state: string;
  readonly container: string;
  readonly currentLoad?: Loads | undefined;
}

const SHARE = ['weight', 'capacity', 'zone'] as const;
/** States of shards that a container has. */
const OWNED = new Set(['ready', 'owned', 'dropping']);

export class TraceRecorder {
  private readonly containers = new Map<string, SeenContainer>();
  /** Orders stay when a container goes. */
  private readonly orders = new Map<string, 'cordon' | 'drain'>();
  private readonly loads = new Map<string, Loads>();
  private isBegun = false;

  /** All containers, as they are now. */
  containersSeen(now: readonly SeenContainer[], atMs: number): TraceEvent[] {
    const there = new Map(now.filter(isThere).map((one) => [one.id, one]));
    const events: TraceEvent[] = [];
    for (const last of this.containers.values()) {
      const one = there.get(last.id);
      if (one === undefined || one.incarnation !== last.incarnation)
        events.push(this.gone(last, now, atMs));
    }
    for (const one of there.values()) events.push(...this.containerSeen(one, atMs));
    return events;
  }

  /** All shards, as they are now. The first time it is also said who has them. */
  shardsSeen(now: readonly SeenShard[], atMs: number): TraceEvent[] {
    const there = new Map(now.filter(({removing}) => !removing).map((one) => [one.id, one]));
    const removed = [...this.loads.keys()].filter((id) => !there.has(id));
    for (const id of removed) this.loads.delete(id);
    const added = [...there.values()].filter(({id}) => !this.loads.has(id));
    const events: TraceEvent[] = [
      ...parts(removed, (shards) => ({atMs, event: 'remove', shards})),
      ...parts(added.map(termsOf), (shards) => ({atMs, event: 'add', shards})),
    ];
    if (!this.isBegun) events.push(...this.owners(added, atMs));
    this.isBegun = true;
    const changed = [...there.values()].flatMap((one) => this.loadOf(one));
    events.push(
      ...parts(changed, (some) => ({atMs, event: 'load', loads: Object.fromEntries(some)})),
    );
    return events;
  }

  /** Whether it left in order is known by how it was last seen. */
  private gone(last: SeenContainer, now: readonly SeenContainer[], atMs: number): TraceEvent {
    this.containers.delete(last.id);
    const same = now.find(
      ({id, incarnation}) => id === last.id && incarnation === last.incarnation,
    );
    const state = same?.state ?? last.state;
    const isLost = state === 'silent' || state === 'lost' || state === 'suspect';
    return {atMs, event: isLost ? 'loss' : 'leave', container: last.id};
  }

  private containerSeen(one: SeenContainer, atMs: number): TraceEvent[] {
    const {id: container} = one;
    const last = this.containers.get(container);
    this.containers.set(container, one);
    const events: TraceEvent[] = [];
    if (last === undefined) events.push({atMs, event: 'join', container, ...registered(one)});
    else if (SHARE.some((field) => one[field] !== last[field])) {
      const {weight, capacity, zone} = one;
      events.push({atMs, event: 'set', container, weight, capacity, zone});
    }
    const order = one.order?.order;
    if (order === this.orders.get(container)) return events;
    if (order === undefined) this.orders.delete(container);
    else this.orders.set(container, order);
    events.push({atMs, event: order ?? 'uncordon', container});
    return events;
  }

  private owners(shards: readonly SeenShard[], atMs: number): TraceEvent[] {
    const byContainer = new Map<string, string[]>();
    for (const {id, container, state} of shards) {
      if (!OWNED.has(state) || !this.containers.has(container)) continue;
      const ids = byContainer.get(container) ?? [];
      ids.push(id);
      byContainer.set(container, ids);
    }
    return [...byContainer].flatMap(([container, ids]) =>
      parts(ids, (some) => ({atMs, event: 'own', container, shards: some})),
    );
  }

  /** Its load, if that is another than before. */
  private loadOf({id, currentLoad = {}}: SeenShard): [string, Loads][] {
    const last = this.loads.get(id);
    this.loads.set(id, currentLoad);
    const names = Object.keys(currentLoad);
    const isSame = names.every((name) => last?.[name] === currentLoad[name]);
    return isSame ? [] : [[id, currentLoad]];
  }
}

/** Who leaves, or is not heard any more, is on the way out; a process that waits for its id is not there yet. */
function isThere({incarnation, state}: SeenContainer): boolean {
  if (incarnation === '') return false;
  return state !== 'waiting' && state !== 'leaving' && state !== 'silent' && state !== 'lost';
}

function registered({weight, capacity, zone, limits, version}: SeenContainer): TraceContainer {
  return {...(weight === 1 ? {} : {weight}), ...said({capacity, zone, limits, version})};
}

function termsOf(seen: SeenShard): TraceShard {
  const {id, group, workerGroup, manualContainerId: pin, load = {}, spreadKey, priority} = seen;
  return {id, ...said({group, workerGroup, pin, load, spreadKey, priority})};
}

/** Lines of bounded length. */
function parts<Item>(
  items: readonly Item[],
  event: (some: readonly Item[]) => TraceEvent,
): TraceEvent[] {
  const events: TraceEvent[] = [];
  for (let from = 0; from < items.length; from += SHARDS_PER_LINE)
    events.push(event(items.slice(from, from + SHARDS_PER_LINE)));
  return events;
}
