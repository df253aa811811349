import {describe, expect, it} from 'vitest';
import {SECOND_LIMIT_MS, judge} from './judge.ts';
import type {ProcessLog} from './judge.ts';

function log(name: string, calls: string, more: Partial<ProcessLog> = {}): ProcessLog {
  return {
    ...{name, id: name, hasIdAtMs: undefined, excuse: '', endedAtMs: undefined, stops: []},
    calls: calls.split(' ').map((word) => ({
      op: word.startsWith('+') ? 'add' : 'drop',
      shard: 's',
      atMs: Number(word.slice(1)),
    })),
    ...more,
  };
}

describe('the judge of a changeover', () => {
  it('finds nothing where one process follows the other, and the gap between them', () => {
    const {overlaps, gaps, adds} = judge([log('a', '+10 -20'), log('b', '+25')], 10, 40);
    expect(overlaps).toEqual([]);
    expect(gaps).toEqual([{shard: 's', fromMs: 20, ms: 5}]);
    expect(adds).toEqual(new Map([['s', 2]]));
  });

  it('finds two processes that run one shard, and nothing that excuses it', () => {
    const {overlaps} = judge([log('a', '+10 -30'), log('b', '+25')], 10, 40);
    expect(overlaps).toEqual([
      {shard: 's', processes: ['a', 'b'], ofTwoIds: true, fromMs: 25, ms: 5, excuse: ''},
    ]);
  });

  it('finds an overlap with a process that ran before the one in between', () => {
    const {overlaps} = judge([log('a', '+10'), log('b', '+12 -14'), log('c', '+20 -22')], 10, 40);
    expect(overlaps.map(({processes, ms}) => [processes.join(), ms])).toEqual([
      ['a,b', 2],
      ['a,c', 2],
    ]);
  });

  it('ends what a process ran with the process', () => {
    const {overlaps, gaps} = judge([log('a', '+10', {endedAtMs: 20}), log('b', '+21')], 10, 40);
    expect(overlaps).toEqual([]);
    expect(gaps).toEqual([{shard: 's', fromMs: 20, ms: 1}]);
  });

  it('excuses only what began while a process was stopped', () => {
    const stops = [{fromMs: 15, toMs: 20}];
    const excuse = (atMs: number): string | undefined =>
      judge([log('a', '+10', {stops}), log('b', `+${atMs}`)], 10, 40).overlaps[0]?.excuse;
    expect([14, 15, 20, 21].map(excuse)).toEqual(['', 'stopped', 'stopped', '']);
  });

  it('excuses bolt storage', () => {
    const {overlaps} = judge([log('a', '+10', {excuse: 'bolt'}), log('b', '+12')], 10, 40);
    expect(overlaps[0]?.excuse).toBe('bolt');
  });

  it('excuses a second process while it waits for its id, and a moment longer', () => {
    const excuse = (hasIdAtMs: number | undefined, calls: string): string | undefined => {
      const second = log('b', calls, {id: 'a', excuse: 'second process', hasIdAtMs});
      const [overlap] = judge([log('a', '+10'), second], 10, 90_000).overlaps;
      expect(overlap?.ofTwoIds).toBe(false);
      return overlap?.excuse;
    };
    const endMs = 20 + SECOND_LIMIT_MS;
    expect(excuse(undefined, '+12')).toBe('second process');
    expect(excuse(20, `+12 -${endMs}`)).toBe('second process');
    expect(excuse(20, `+12 -${endMs + 1}`)).toBe('');
    // It has its id: what it is given then it is given by us.
    expect(excuse(20, '+21 -22')).toBe('');
  });

  it('names an add of what runs already', () => {
    expect(judge([log('a', '+10 +12 -15 +16')], 10, 40).repeatedAdds).toEqual(['s at a']);
  });

  it('counts a shard that nobody runs to the end', () => {
    expect(judge([log('a', '+10 -20')], 5, 40).gaps.map(({ms}) => ms)).toEqual([5, 20]);
  });
});
