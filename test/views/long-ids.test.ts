/** One long id does not cost the other columns their place: it is cut in its middle, where ids differ least. */
import {describe, expect, it} from 'vitest';
import {cutMiddle, widthOf} from '../../src/model/text-width.ts';
import type {LiveMessage, LiveView} from '../../src/protocol/admin.ts';
import {frameOf} from '../../src/views/frame.ts';
import {textOf} from '../../src/views/line.ts';
import {container, finished, heard, move, rows, shard, viewOf} from './fixture.ts';

const LONG = 'orders-worker-deployment-with-a-very-long-name-in-eu-central-1-7f9c8d6b5-x2x9z';

function linesOf(view: LiveView, message: LiveMessage, columns: number): string[] {
  return frameOf(viewOf(view, {columns, rows: 24}, heard(message))).map(textOf);
}

const headOf = (lines: readonly string[], first: string): string[] =>
  (lines.find((line) => line.startsWith(`  ${first} `)) ?? '').trim().split(/ {2,}/);

describe('a text that is cut in its middle', () => {
  it.each([
    ['abcdefghij', 10, 'abcdefghij'],
    ['abcdefghij', 9, 'abcd…ghij'],
    ['abcdefghij', 6, 'abc…ij'],
    ['abcdefghij', 2, 'a…'],
    ['abcdefghij', 1, '…'],
    ['abcdefghij', 0, ''],
    ['漢字漢字漢字', 9, '漢字…漢字'],
    ['漢字漢字漢字', 8, '漢字…字'],
    ['ae\u0301e\u0301e\u0301b', 4, 'ae\u0301…b'],
  ])('%s in %i columns: %s', (text, width, wanted) => {
    const shown = cutMiddle(text, width);
    expect(widthOf(shown)).toBeLessThanOrEqual(width);
    expect(shown).toBe(wanted);
  });
});

describe('one long id', () => {
  const containers = (id: string) => rows({containers: [container('orders-1'), container(id)]});
  const moves = (id: string) =>
    rows({moves: [move('m-1', 's-1', {from: id})], finished: [finished('m-0', 's-2', {to: id})]});
  const shards = (id: string) => rows({shards: [shard('s-1', {container: id}), shard('s-2')]});

  it.each([
    ['containers', 'CONTAINER', containers, 120],
    ['moves', 'SHARD', moves, 120],
    ['shards', 'SHARD', shards, 80],
  ] as const)('in the view of %s takes no column away', (view, first, make, columns) => {
    const usual = headOf(linesOf(view, make('orders-2'), columns), first);
    expect(usual.length).toBeGreaterThan(3);
    const lines = linesOf(view, make(LONG), columns);
    expect(headOf(lines, first)).toEqual(usual);
    expect(lines.join('\n')).toMatch(/orders-work\S*…\S*-x2x9z/);
  });

  it('leaves the state of its container on the smallest screen for a table', () => {
    const lines = linesOf('containers', containers(LONG), 60);
    expect(headOf(lines, 'CONTAINER')).toEqual(
      expect.arrayContaining(['CONTAINER', 'STATE', 'SHARDS', 'HEARTBEAT']),
    );
  });

  it('is whole where there is room', () => {
    expect(linesOf('containers', containers(LONG), 220).join('\n')).toContain(LONG);
  });
});
