/**
 * Every choice of a world has a name: the fate of one message, one hint, one hook, one random number of one process. A seed
 * draws them from its streams of chance; a scenario file says what they were, and what it does not mention is calm.
 */
import {Random} from './random.ts';

/** What a choice came to. Objects hold only what differs from calm. */
export type Chosen =
  | number
  | boolean
  | string
  | readonly number[]
  | {readonly [field: string]: Chosen};

export interface Strike {
  readonly atMs: number;
  readonly fault: string;
  /** What the fault drew: numbers, yes or no, and names of processes. */
  readonly draws: readonly (number | boolean | string)[];
}

export interface Choices {
  /** `calm` may ask for the full name, in all choices of a kind or in none. Asked once for each name: names of one kind are counted. */
  value<T>(name: () => string, calm: (fullName: () => string) => T, draw: () => T): T;
  /** Has a fault strike, with the chance that it draws from. */
  strike(fault: string, atMs: number, stream: Random, work: (random: Random) => void): void;
}

/** As the seed has it, nothing kept. */
export const DRAWN: Choices = {
  value: (_name, _calm, draw) => draw(),
  strike: (_fault, _atMs, stream, work) => work(stream),
};

/** Numbers the names of one kind. */
export class Counted {
  private readonly counts = new Map<string, number>();

  next(name: string): string {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    return `${name} #${count}`;
  }
}

/** As the seed has it, and all that is not calm is kept. */
export class RecordedChoices implements Choices {
  readonly values = new Map<string, Chosen>();
  readonly strikes: Strike[] = [];
  private readonly counted = new Counted();

  value<T>(name: () => string, calm: (fullName: () => string) => T, draw: () => T): T {
    const full = this.counted.next(name());
    const drawn = draw();
    const difference = differing(
      drawn,
      calm(() => full),
    );
    if (difference !== undefined) this.values.set(full, difference);
    return drawn;
  }

  strike(fault: string, atMs: number, stream: Random, work: (random: Random) => void): void {
    const draws: Strike['draws'][number][] = [];
    work(new RecordingRandom(stream, draws));
    // What is drawn later has a name of its own.
    this.strikes.push({atMs, fault, draws: [...draws]});
  }
}

/** As the file has it, and calm otherwise: no stream of chance is drawn from. */
export class ReplayedChoices implements Choices {
  private readonly values: ReadonlyMap<string, Chosen>;
  private readonly counted = new Counted();
  /** Called with the name of each choice as it comes up. */
  onName: ((name: string) => void) | undefined;

  constructor(values: ReadonlyMap<string, Chosen>) {
    this.values = values;
  }

  value<T>(name: () => string, calm: (fullName: () => string) => T, _draw: () => T): T {
    // A world in which all is calm needs few of the names, and they take longer than what they name.
    if (this.values.size === 0 && this.onName === undefined)
      return calm(() => this.counted.next(name()));
    const full = this.counted.next(name());
    this.onName?.(full);
    const usual = calm(() => full);
    const chosen = this.values.get(full);
    if (chosen === undefined) return usual;
    return isFields(chosen) ? {...usual, ...chosen} : (chosen as T);
  }

  strike(): void {
    throw new Error('a replayed world has no faults of its own');
  }
}

function isFields(chosen: Chosen): chosen is {readonly [field: string]: Chosen} {
  return typeof chosen === 'object' && !Array.isArray(chosen);
}

function differing<T>(drawn: T, calm: T): Chosen | undefined {
  if (typeof drawn !== 'object' || drawn === null || Array.isArray(drawn))
    return JSON.stringify(drawn) === JSON.stringify(calm) ? undefined : (drawn as Chosen);
  const fields = Object.entries(drawn).filter(
    ([field, value]) => value !== (calm as Record<string, unknown>)[field],
  );
  return fields.length === 0 ? undefined : (Object.fromEntries(fields) as Chosen);
}

/** Hands on what a stream gives, and keeps it. */
class RecordingRandom extends Random {
  private readonly stream: Random;
  private readonly draws: Strike['draws'][number][];

  constructor(stream: Random, draws: Strike['draws'][number][]) {
    super(0);
    this.stream = stream;
    this.draws = draws;
  }

  override next(): number {
    return this.kept(this.stream.next());
  }

  override between(least: number, most: number): number {
    return this.kept(this.stream.between(least, most));
  }

  override whole(least: number, most: number): number {
    return this.kept(this.stream.whole(least, most));
  }

  override chance(probability: number): boolean {
    return this.kept(this.stream.chance(probability));
  }

  override pick<T>(list: readonly T[]): T {
    const picked = this.stream.pick(list);
    this.draws.push(labelOf(picked) ?? list.indexOf(picked));
    return picked;
  }

  override fork(): Random {
    return this.stream.fork();
  }

  private kept<T extends number | boolean>(drawn: T): T {
    this.draws.push(drawn);
    return drawn;
  }
}

/** A fault whose target is not there does not happen. */
export class NoSuchTarget extends Error {}

/** Gives what was kept, in order; what is missing is the middle, no, and the first. */
export class ReplayedRandom extends Random {
  private readonly draws: (number | boolean | string)[];

  constructor(draws: readonly (number | boolean | string)[]) {
    super(0);
    this.draws = [...draws];
  }

  override next(): number {
    return this.number(0.5);
  }

  override between(least: number, most: number): number {
    return this.number((least + most) / 2);
  }

  override whole(least: number, most: number): number {
    return Math.min(most, Math.max(least, Math.round(this.number(least))));
  }

  override chance(): boolean {
    return this.draws.shift() === true;
  }

  override pick<T>(list: readonly T[]): T {
    const wanted = this.draws.shift() ?? 0;
    const at =
      typeof wanted === 'string'
        ? list.findIndex((item) => labelOf(item) === wanted)
        : Number(wanted);
    if (!(at in list)) throw new NoSuchTarget(String(wanted));
    return list[at] as T;
  }

  private number(usual: number): number {
    const drawn = this.draws.shift();
    return typeof drawn === 'number' ? drawn : usual;
  }
}

function labelOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item;
  const {process} = (item ?? {}) as {process?: {role?: string}};
  return process?.role;
}

/** 0 <= x < 1, always the same for a text: what tells names apart where no chance is wanted. */
export function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
