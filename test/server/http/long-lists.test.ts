/** A long list of an input is checked some items at a time, with the verdict that one look would give. */
import {describe, expect, it} from 'vitest';
import * as z from 'zod';
import {planRequest} from '../../../src/protocol/admin-moves.ts';
import {parseSteps} from '../../../src/server/http/long-lists.ts';

const COUNT = 5_000;
/** Items that one step may look at. */
const PIECE = 1_000;

/** Steps that it took, and the verdict. */
function parsed(schema: z.ZodType, input: unknown) {
  const steps = parseSteps(schema, input);
  for (let count = 1; ; count += 1) {
    const {done, value} = steps.next();
    if (done === true) return {count, result: value};
  }
}

function whatIf(shards: readonly object[], over: object = {}) {
  const declared = {maxShardCount: 0, maxRecoveryTime: 0, paused: false, shards, workerGroups: {}};
  return {service: 'orders', declared: {...declared, ...over}};
}

const shards = (count: number): {shardId: string}[] =>
  Array.from({length: count}, (_, at) => ({shardId: `s${at}`}));

/** Without what was found: one look shows the whole list there, too. */
function issuesOf({error}: {readonly error?: z.core.$ZodError | undefined}): unknown {
  const withoutInput = (name: string, value: unknown): unknown =>
    name === 'input' ? undefined : value;
  return error && JSON.parse(JSON.stringify(error.issues, withoutInput));
}

describe('a long list', () => {
  it('is checked some items at a time, and gives what one look gives', () => {
    const input = whatIf(shards(COUNT));
    const {count, result} = parsed(planRequest, input);
    expect(count).toBe(COUNT / PIECE + 1);
    expect(result).toEqual(planRequest.safeParse(input));
    expect(input.declared.shards).toHaveLength(COUNT);
  });

  it('is looked at no more than a piece at a time', () => {
    let looks = 0;
    const item = z.string().superRefine(() => void (looks += 1));
    const steps = parseSteps(z.strictObject({list: z.array(item).optional()}), {
      list: Array.from({length: COUNT}, () => 'x'),
    });
    for (let [before, isDone] = [0, false]; !isDone; before = looks) {
      isDone = steps.next().done === true;
      expect(looks - before).toBeLessThanOrEqual(PIECE);
    }
    expect(looks).toBe(COUNT);
  });

  it('with an item that is wrong is refused as one look refuses it', () => {
    const items = shards(COUNT);
    const input = whatIf(items.with(3_210, {shardId: ''}));
    const whole = planRequest.safeParse(input);
    expect(issuesOf(parsed(planRequest, input).result)).toEqual(issuesOf(whole));
  });

  it('does not hide what is wrong beside it', () => {
    for (const over of [{paused: 'yes'}, {unknown: 1}, {workerGroups: {'': []}}]) {
      const input = whatIf(shards(COUNT), over);
      const whole = planRequest.safeParse(input);
      expect(whole.success).toBe(false);
      expect(issuesOf(parsed(planRequest, input).result)).toEqual(issuesOf(whole));
    }
  });

  it('that is checked as a whole is one piece, and so is a short one', () => {
    const limited = z.object({list: z.array(z.string()).max(10)});
    const {count, result} = parsed(limited, {list: Array.from({length: COUNT}, () => 'x')});
    expect([count, result.success]).toEqual([1, false]);
    expect(parsed(planRequest, whatIf(shards(10))).count).toBe(1);
    expect(parsed(planRequest, whatIf([], {shards: 'none'})).result.success).toBe(false);
  });
});
