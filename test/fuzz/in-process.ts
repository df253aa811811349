/** A target of plain functions: what they throw or say wrong is a fault; its memory is this process's heap. */
import type {Random} from '../simulation/random.ts';
import {count} from './target.ts';
import type {FuzzTarget, Json, TargetFactory} from './target.ts';

/** How a case ended: its kind, and a fault when there is one. */
export interface Outcome {
  readonly kind: string;
  readonly fault?: string | undefined;
}

export interface Plain<T extends Json> {
  readonly name: string;
  readonly group: string;
  readonly weight: number;
  make(random: Random): T;
  run(input: T): Outcome | Promise<Outcome>;
}

export function inProcess<T extends Json>({
  name,
  group,
  weight,
  make,
  run,
}: Plain<T>): TargetFactory {
  const open = (): Promise<FuzzTarget> => {
    const counts = new Map<string, number>();
    const faultOf = ({kind, fault}: Outcome): string | undefined => {
      count(counts, fault === undefined ? kind : 'fault');
      return fault;
    };
    return Promise.resolve({
      ...{name, counts, width: 1, make},
      run: (input: Json) => {
        const outcome = run(input as T);
        return outcome instanceof Promise ? outcome.then(faultOf) : faultOf(outcome);
      },
      memory: () => process.memoryUsage().heapUsed,
      verify: () => Promise.resolve(isPolluted() ? 'a prototype was changed' : undefined),
      close: () => Promise.resolve(),
    });
  };
  return {name, group, weight, open};
}

function isPolluted(): boolean {
  return Object.keys(Object.prototype).length > 0 || 'polluted' in {};
}
