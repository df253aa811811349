/** What happens to an app after its changeover, made from a seed: the same seed is the same list. Pure. */
import {BEHAVIOURS} from '../integration/origin-container.ts';
import type {Behaviour} from '../integration/origin-container.ts';
import {Random} from '../chaos/random.ts';

export type Disturbance = {
  /** Which container, as a number from 0. */
  readonly container: number;
  /** How long what was done lasts. */
  readonly forMs: number;
  /** Pause after it, before the next one; undefined: until all shards run where they are recorded. */
  readonly pauseMs: number | undefined;
} & (
  | {
      readonly kind:
        | 'kill container'
        | 'restart container'
        | 'stop container'
        | 'kill daemon'
        | 'stop daemon'
        | 'return without daemon'
        | 'second process'
        | 'lose guard'
        | 'change shards'
        | 'back and again';
    }
  | {readonly kind: 'behaviour'; readonly behaviour: Exclude<Behaviour, 'normal'>}
);

/** How often each, one to the other. */
const WEIGHTS: readonly (readonly [Disturbance['kind'], number])[] = [
  ['kill container', 5],
  ['restart container', 3],
  ['stop container', 4],
  ['kill daemon', 3],
  ['stop daemon', 2],
  ['return without daemon', 3],
  ['second process', 2],
  ['lose guard', 1],
  ['change shards', 2],
  ['back and again', 1],
  ['behaviour', 8],
];
const BAD = BEHAVIOURS.filter((one) => one !== 'normal');

/** `only`: nothing but this kind. Default: all. */
export function disturbances(
  seed: number,
  count: number,
  containers: number,
  only?: string,
): Disturbance[] {
  const random = new Random(seed);
  const meant = WEIGHTS.filter(([kind]) => only === undefined || kind === only);
  if (meant.length === 0) throw new Error(`there is no disturbance "${only}"`);
  const bag = meant.flatMap(([kind, weight]) => Array<Disturbance['kind']>(weight).fill(kind));
  return Array.from({length: count}, (): Disturbance => {
    const kind = random.pick(bag);
    const some = {
      container: random.between(0, containers - 1),
      // Sessions live for 5 s, silent containers for T + 5 s: shorter and longer ones matter.
      forMs: random.pick([100, 900, 3_000, 7_000, 12_000]),
      pauseMs: random.chance(0.4) ? undefined : random.between(0, 4_000),
    };
    return kind === 'behaviour' ? {...some, kind, behaviour: random.pick(BAD)} : {...some, kind};
  });
}

export function textOf(one: Disturbance): string {
  const what = one.kind === 'behaviour' ? one.behaviour : one.kind;
  const after = one.pauseMs === undefined ? 'until settled' : `then ${one.pauseMs} ms`;
  return `${what}, container ${one.container}, for ${one.forMs} ms, ${after}`;
}
