/** Moves as people see them: cause with its numbers, and what keeps those that have not begun. */
import {describe, expect, it} from 'vitest';
import {eventLine} from '../../src/cli/event-lines.ts';
import {causeText} from '../../src/model/move-reason.ts';
import {moveRows} from '../../src/cli/move-rows.ts';
import type {FinishedMoveView, MovesAnswer} from '../../src/protocol/admin.ts';

const ends = {from: 'c1', to: 'c2'};
const numbers = 'c1 3 -> 2 shards; c2 1 -> 2 shards';
const wait = {
  budget: 'moving.zone',
  of: 'z1',
  used: 2,
  limit: 2,
  text: 'moving.zone: 2 of 2',
} as const;
const finished: FinishedMoveView = {
  ...{id: 'm2', shard: 's3', ...ends, why: 'balance', numbers},
  ...{startedAt: '1', endedAt: '2', outcome: 'done', note: ''},
};
const answer: MovesAnswer = {
  running: [
    {
      ...{id: 'm1', shard: 's1', ...ends, why: 'balance', numbers, startedAt: '1'},
      ...{step: 'adding', failures: 0, lastError: '', revision: '5'},
    },
  ],
  queued: [{shard: 's2', ...ends, cause: 'balance', state: 'queued', numbers, waitsFor: wait}],
  finished: [finished],
  ...{runningCount: 1, queuedCount: 1, finishedCount: 1, quiet: null, revision: '9'},
};

describe('rows of moves', () => {
  it('carry the numbers of the cause, and of those that wait the budget', () => {
    const rows = moveRows(answer);
    expect(rows.map((row) => row.numbers)).toEqual([numbers, numbers, numbers]);
    expect(rows.map((row) => row.waitsFor)).toEqual(['', 'moving.zone of z1 (2 of 2)', '']);
    expect(rows.map((row) => row.wait)).toEqual(['', wait.text, '']);
  });

  it('of a daemon of before say nothing of either', () => {
    const [{numbers: _none, waitsFor: _nor, ...queued} = {}] = answer.queued;
    const old = {...answer, running: [], finished: [], queued: [queued]} as unknown as MovesAnswer;
    expect(moveRows(old)).toMatchObject([{numbers: '', waitsFor: '', wait: ''}]);
  });
});

describe('the line of a move that has ended', () => {
  it('says its cause with the numbers', () => {
    const at = '2026-01-01T00:00:00Z';
    const event = {type: 'move', at, service: 'orders', revision: '5', move: finished} as const;
    expect(eventLine(event)).toBe(`${at} + orders s3 c1 -> c2 done (balance: ${numbers})`);
    expect(causeText({why: 'balance'})).toBe('balance');
  });
});
