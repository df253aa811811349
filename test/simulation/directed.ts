/** A small world with a whole life in it, and every place in that life where a fault can strike. */
import {AWAY_TIMES_MS} from './directed-faults.ts';
import type {Boundary, DirectedFault} from './directed-faults.ts';
import {STRIKES_AT} from './directed-faults.ts';
import {Random} from './random.ts';
import {replay} from './scenario-file.ts';
import type {ScenarioFile} from './scenario-file.ts';

const T_MS = 5_000;

/** Join, place, move, drain, leave, daemon failover, a new shard, shard removal: nothing else happens in it. */
export const SMALL_WORLD: ScenarioFile = {
  about: 'a small world without faults',
  shape: {
    containers: 2,
    daemons: 2,
    shards: 3,
    ttlMs: T_MS,
    daemonTtlMs: T_MS,
    maxRecoveryTimeS: 0,
  },
  endsMs: 22_000,
  acts: [
    {atMs: 3_000, act: 'start container', of: 'c2'},
    {atMs: 4_500, act: 'pin', of: 's0', to: 'c2'},
    {atMs: 6_000, act: 'drain', of: 'c0'},
    {atMs: 7_500, act: 'undo', of: 'c0'},
    {atMs: 8_000, act: 'pin', of: 's0', to: ''},
    {atMs: 9_500, act: 'leave', of: 'c1'},
    {atMs: 11_500, act: 'shut down', of: 'd0'},
    {atMs: 13_000, act: 'add shard', of: 's3'},
    {atMs: 14_000, act: 'remove shard', of: 's1'},
    {atMs: 15_000, act: 'shut down', of: 'd1'},
  ],
};

export type Depth = 'singles' | 'pairs' | 'triples';

/** Where faults can strike in the world, in the order in which it comes to them. */
export async function boundariesOf(world: ScenarioFile): Promise<Boundary[]> {
  const found: Boundary[] = [];
  const {violation} = await replay(world, {onBoundary: (boundary) => found.push(boundary)});
  if (violation !== undefined)
    throw new Error(`without a fault: ${violation.promise} ${violation.text}`);
  return found;
}

/** `next`: the boundary after it. To die at a timer that does nothing but call the store is to die at that call. */
export function singlesAt(boundary: Boundary, next?: Boundary): DirectedFault[] {
  const isCall = next?.atMs === boundary.atMs && nodeOf(next) === nodeOf(boundary);
  const same = boundary.kind === 'timer' && isCall;
  return STRIKES_AT[boundary.kind].flatMap((what): DirectedFault[] => {
    if (same && what.startsWith('kill')) return [];
    const fault: DirectedFault = {at: boundary.name, do: what};
    return what.startsWith('kill') ? AWAY_TIMES_MS.map((awayMs) => ({...fault, awayMs})) : [fault];
  });
}

function nodeOf({name}: Boundary): string | undefined {
  return name.split(' ')[0];
}

/** The directed runs of one depth, each known by its number. */
export class DirectedRuns {
  readonly boundaries: readonly Boundary[];
  private readonly world: ScenarioFile;
  private readonly faults: DirectedFault[][];
  private readonly singles: DirectedFault[];
  private readonly depth: Depth;

  private constructor(world: ScenarioFile, boundaries: readonly Boundary[], depth: Depth) {
    this.world = world;
    this.boundaries = boundaries;
    this.depth = depth;
    this.faults = boundaries.map((boundary, at) => singlesAt(boundary, boundaries[at + 1]));
    this.singles = this.faults.flat();
  }

  static async of(world: ScenarioFile, depth: Depth): Promise<DirectedRuns> {
    return new DirectedRuns(world, await boundariesOf(world), depth);
  }

  /** How many there are; pairs and triples never end. */
  get count(): number {
    return this.depth === 'singles' ? this.singles.length : Number.POSITIVE_INFINITY;
  }

  run(number: number): ScenarioFile {
    const directed = this.directed(number);
    const about = directed.map((fault) => `${fault.do} at ${fault.at}`).join(', then ');
    return {...this.world, about, directed};
  }

  private directed(number: number): DirectedFault[] {
    if (this.depth === 'singles') {
      const single = this.singles[number];
      return single === undefined ? [] : [single];
    }
    return this.several(new Random(number), this.depth === 'pairs' ? 2 : 3);
  }

  /** One after the other, mostly so soon that the world has not come to rest between them. */
  private several(random: Random, count: number): DirectedFault[] {
    let at = random.whole(0, this.boundaries.length - count);
    const chosen: DirectedFault[] = [];
    for (let left = count; left > 0; left -= 1) {
      chosen.push(random.pick(this.faults[at] ?? []));
      const step = Math.ceil(NEAR ** random.next());
      at = Math.min(this.boundaries.length - Math.max(1, left - 1), at + step);
    }
    return chosen;
  }
}

/** The next fault strikes within so many boundaries, often within a few. */
const NEAR = 150;
