/** The checks of the wider swarm bite: with a planted fault they fail, and how. */
import {describe, expect, it} from 'vitest';
import {Evictor} from '../../src/governor/eviction.ts';
import {ListAndWatch} from '../../src/appview/list-and-watch.ts';
import type {FaultName} from './faults.ts';
import {SIMULATION_HANG_MS} from './hang.ts';
import {TokenResource} from './resource.ts';
import {runScenario} from './scenario.ts';
import {WIDE_FROM_SEED} from './wider-faults.ts';

type Method = (this: unknown, ...given: unknown[]) => unknown;

interface Case {
  readonly name: string;
  readonly type: {readonly prototype: object};
  readonly method: string;
  readonly planted: (original: Method) => Method;
  readonly faults: readonly FaultName[];
  readonly broken: RegExp;
}

const SEEDS = 10;

const CASES: readonly Case[] = [
  {
    name: 'a governor that takes no news is found out by a new shard',
    type: ListAndWatch,
    method: 'batch',
    planted: () => () => undefined,
    faults: [],
    broken: /^I6 /,
  },
  {
    name: 'a heartbeat that nobody evicts is found',
    type: Evictor,
    method: 'due',
    planted: () => () => [],
    faults: ['killContainer'],
    broken: /^(I6|leak) /,
  },
  {
    name: 'a resource that forgets tokens takes effects of older owners after those of newer ones',
    type: TokenResource,
    method: 'arrive',
    planted: (original) =>
      function (this: unknown, ...given) {
        (this as {tokens: Map<string, string>}).tokens.clear();
        return original.apply(this, given);
      },
    faults: ['pins', 'pauseContainer'],
    broken: /^I2 /,
  },
];

async function firstViolation(faults: readonly FaultName[]): Promise<string> {
  for (let seed = WIDE_FROM_SEED; seed < WIDE_FROM_SEED + SEEDS; seed += 1) {
    const {violation} = await runScenario(seed, {faults});
    if (violation !== undefined) return `${violation.promise} ${violation.text}`;
  }
  return '';
}

describe('the wider swarm', () => {
  for (const {name, type, method, planted, faults, broken} of CASES) {
    it(name, {timeout: SIMULATION_HANG_MS}, async () => {
      const methods = type.prototype as Record<string, Method>;
      const original = methods[method];
      if (original === undefined) throw new Error(`no method ${method}`);
      methods[method] = planted(original);
      try {
        expect(await firstViolation(faults)).toMatch(broken);
      } finally {
        methods[method] = original;
      }
    });
  }
});
