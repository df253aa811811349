/** A sequence on two servers: the first difference, if there is one. */
import {isDeepStrictEqual} from 'node:util';
import fc from 'fast-check';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess, StoreKind} from '../support/etcd-process.ts';
import {Side} from './side.ts';
import {sequence} from './steps.ts';
import type {Step} from './steps.ts';

const SHRINK_LIMIT_MS = 120_000;

export interface Difference {
  /** The step whose replies differ, `watches` for what the watches told, `failure` when a server did not answer. */
  readonly at: Step | 'watches' | 'failure';
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

  async run(steps: readonly Step[]): Promise<Difference | undefined> {
    if (this.sides.length === 0) await this.start();
    try {
      return await this.compare(steps);
    } catch (error) {
      await this.stop();
      return {at: 'failure', left: String(error), right: undefined};
    } finally {
      for (const side of this.sides) side.abandon();
    }
  }

  /** The sequence of a seed, shrunk to the least that still shows a difference. */
  async runSeed(seed: number): Promise<Failure | undefined> {
    const differs = async (steps: readonly Step[]): Promise<boolean> =>
      (await this.run(steps)) === undefined;
    const result = await fc.check(fc.asyncProperty(sequence, differs), {
      seed,
      numRuns: 1,
      interruptAfterTimeLimit: SHRINK_LIMIT_MS,
    });
    if (!result.failed || result.counterexample === null) return undefined;
    const [shrunk] = result.counterexample;
    const difference = await this.run(shrunk);
    const [drawn = []] = fc.sample(sequence, {seed, numRuns: 1});
    return {
      seed,
      drawn,
      shrunk,
      difference: difference ?? {at: 'failure', left: 'not seen again', right: undefined},
    };
  }

  private async compare(steps: readonly Step[]): Promise<Difference | undefined> {
    await this.both((side) => side.begin());
    for (const step of steps) {
      const [left, right] = await this.both((side) => side.perform(step));
      if (!isDeepStrictEqual(left, right)) return {at: step, left, right};
    }
    const [left, right] = await this.both((side) => side.end());
    return isDeepStrictEqual(left, right) ? undefined : {at: 'watches', left, right};
  }

  /** Waits for both, so that the slower one is not left with half a step. */
  private async both<T>(work: (side: Side) => Promise<T>): Promise<T[]> {
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
