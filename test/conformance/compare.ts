/** A sequence on two servers: the first difference, if there is one. */
import {isDeepStrictEqual} from 'node:util';
import fc from 'fast-check';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess, StoreKind} from '../support/etcd-process.ts';
import {Side} from './side.ts';
import {sequence} from './steps.ts';
import type {Step} from './steps.ts';

/** One seed in so many ends with a kill of both servers, and a comparison of all that is left. */
const RESTART_EVERY = 100;
const SHRINK_LIMIT_MS = 120_000;

export interface Difference {
  /** The step whose replies differ, or what the watches told, or what a restart left, or that a server did not answer. */
  readonly at: Step | 'watches' | 'after a restart' | 'failure';
  readonly left: unknown;
  readonly right: unknown;
}

/** A seed whose sequence the two servers answer differently. */
export interface Failure {
  readonly seed: number;
  readonly drawn: readonly Step[];
  readonly shrunk: readonly Step[];
  readonly difference: Difference;
}

/** Two servers, kept for many sequences; started anew after one of them failed to answer. */
export class Pair {
  readonly kinds: readonly [StoreKind, StoreKind];
  /** What the right server is asked instead: for tests of the comparison. */
  disturb: (step: Step) => Step = (step) => step;
  private servers: EtcdProcess[] = [];
  private sides: Side[] = [];

  constructor(left: StoreKind, right: StoreKind) {
    this.kinds = [left, right];
  }

  async start(): Promise<void> {
    this.servers = await Promise.all(this.kinds.map((kind) => startEtcd({kind})));
    this.sides = this.servers.map((server) => new Side(server));
  }

  async stop(): Promise<void> {
    for (const side of this.sides) side.close();
    await Promise.all(this.servers.map((server) => server.stop()));
    this.sides = [];
  }

  /** `restart`: both are killed at the end, started again and compared. */
  async run(steps: readonly Step[], restart = false): Promise<Difference | undefined> {
    if (this.sides.length === 0) await this.start();
    try {
      return (await this.compare(steps)) ?? (restart ? await this.compareRestarted() : undefined);
    } catch (error) {
      await this.stop();
      return {at: 'failure', left: String(error), right: undefined};
    } finally {
      for (const side of this.sides) side.abandon();
    }
  }

  /** The sequence of a seed, shrunk to the least that still shows a difference. */
  async runSeed(seed: number): Promise<Failure | undefined> {
    const restart = seed % RESTART_EVERY === 0;
    const [drawn = []] = fc.sample(sequence, {seed, numRuns: 1});
    let difference = await this.run(drawn, restart);
    // A server that did not come up says nothing about the sequence; one that the sequence ends does so again.
    if (difference?.at === 'failure') difference = await this.run(drawn, restart);
    if (difference === undefined) return undefined;
    if (difference.at === 'failure') return {seed, drawn, shrunk: drawn, difference};
    return this.shrink(seed, drawn, difference, restart);
  }

  private async shrink(
    seed: number,
    drawn: readonly Step[],
    difference: Difference,
    restart: boolean,
  ): Promise<Failure> {
    let least = {seed, drawn, shrunk: drawn, difference};
    const endMs = performance.now() + SHRINK_LIMIT_MS;
    const agree = async (steps: readonly Step[]): Promise<boolean> => {
      // fast-check's own limit would leave a run under way.
      if (performance.now() > endMs) return true;
      const found = await this.run(steps, restart);
      if (found === undefined || found.at === 'failure') return true;
      least = {seed, drawn, shrunk: steps, difference: found};
      return false;
    };
    await fc.check(fc.asyncProperty(sequence, agree), {seed, numRuns: 1});
    return least;
  }

  private async compare(steps: readonly Step[]): Promise<Difference | undefined> {
    await this.both((side) => side.begin());
    for (const step of steps) {
      const [left, right] = await this.both((side, index) =>
        side.perform(index === 0 ? step : this.disturb(step)),
      );
      if (!isDeepStrictEqual(left, right)) return {at: step, left, right};
    }
    const [left, right] = await this.both((side) => side.end());
    return isDeepStrictEqual(left, right) ? undefined : {at: 'watches', left, right};
  }

  private async compareRestarted(): Promise<Difference | undefined> {
    await this.both((side) => side.restart());
    const [left, right] = await this.both((side) => side.state());
    return isDeepStrictEqual(left, right) ? undefined : {at: 'after a restart', left, right};
  }

  /** Waits for both, so that the slower one is not left with half a step. */
  private async both<T>(work: (side: Side, index: number) => Promise<T>): Promise<T[]> {
    const outcomes = await Promise.allSettled(this.sides.map(work));
    return outcomes.map((outcome, index) => {
      if (outcome.status === 'fulfilled') return outcome.value;
      throw new Error(`${this.kinds[index]}: ${String(outcome.reason)}`);
    });
  }
}

/** What a person needs to see. */
export function describeFailure({seed, drawn, shrunk, difference}: Failure): string {
  const text = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
  return [
    `seed ${seed}: a sequence of ${drawn.length} steps, shrunk to ${shrunk.length}`,
    ...shrunk.map((step, index) => `  ${index + 1}. ${text(step)}`),
    `  differs at ${text(difference.at)}`,
    `  left:  ${text(difference.left)}`,
    `  right: ${text(difference.right)}`,
  ].join('\n');
}
