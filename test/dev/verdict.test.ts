/** The judge of `sm dev`: it must find two owners wherever there were any, and nothing where there were none. */
import {describe, expect, it} from 'vitest';
import {OwnershipVerdict} from '../../src/dev/verdict.ts';

const OLD = '0000000000000000001.0000000000000000010';
const NEW = '0000000000000000001.0000000000000000020';

function judge(
  ...passes: readonly [token: string, owner: string, atUs: number][]
): OwnershipVerdict {
  const verdict = new OwnershipVerdict();
  for (const [token, owner, atUs] of passes) verdict.pass('s1', token, owner, atUs);
  return verdict;
}

describe('two owners', () => {
  it('are not seen where one follows the other', () => {
    const {summary} = judge([OLD, 'a', 1], [OLD, 'a', 5], [NEW, 'b', 6], [NEW, 'b', 9]);
    expect(summary).toMatchObject({twoOwners: false, breachCount: 0, terms: 2, passes: 4});
  });

  it('are seen where the older still acts after the newer has begun', () => {
    const {summary} = judge([OLD, 'a', 1], [NEW, 'b', 5_000], [OLD, 'a', 9_000]);
    expect(summary).toMatchObject({twoOwners: true, breachCount: 1});
    expect(summary.breaches).toEqual([
      {
        shard: 's1',
        older: {owner: 'a', token: OLD},
        newer: {owner: 'b', token: NEW},
        overlapMs: 4,
      },
    ]);
  });

  it('are seen when the report of the older comes last, as from a process that was stopped', () => {
    expect(judge([NEW, 'b', 5], [NEW, 'b', 9], [OLD, 'a', 7]).summary.twoOwners).toBe(true);
    expect(judge([NEW, 'b', 5], [NEW, 'b', 9], [OLD, 'a', 3]).summary.twoOwners).toBe(false);
  });

  it('are two processes with one token, at whatever times', () => {
    expect(judge([OLD, 'a', 1], [OLD, 'b', 100]).summary.twoOwners).toBe(true);
  });

  it('are seen where tokens go back', () => {
    expect(judge([NEW, 'a', 1], [OLD, 'b', 5]).summary.twoOwners).toBe(true);
  });

  it('of a pair of terms are told once and counted once', () => {
    const verdict = judge([OLD, 'a', 1], [NEW, 'b', 5]);
    const reported = [7, 8, 9].map((atUs) => verdict.pass('s1', OLD, 'a', atUs) !== undefined);
    expect(reported).toEqual([true, false, false]);
    expect(verdict.summary.breachCount).toBe(1);
  });

  it('of different shards are no such thing', () => {
    const verdict = judge([OLD, 'a', 1], [OLD, 'a', 9]);
    verdict.pass('s2', NEW, 'b', 5);
    expect(verdict.summary).toMatchObject({twoOwners: false, shards: 2});
  });
});

describe('what is remembered', () => {
  it('stays bounded, however many owners a shard has had', () => {
    const verdict = new OwnershipVerdict();
    for (let term = 1; term <= 500; term += 1)
      verdict.pass('s1', String(term).padStart(19, '0'), `owner ${term}`, term);
    expect(verdict.summary).toMatchObject({twoOwners: false, terms: 500});
    const late = verdict.pass('s1', String(450).padStart(19, '0'), 'owner 450', 600);
    expect(late?.older.owner).toBe('owner 450');
  });
});
