import {expect, it} from 'vitest';
import {unreadableLines} from '../../src/cli/event-lines.ts';

it('entries of the history that cannot be read are named, and the rest of them counted', () => {
  const one = {key: '/sm/app/orders/events/1', problem: 'no JSON'};
  const line = '/sm/app/orders/events/1 cannot be read: no JSON';
  expect(unreadableLines(undefined)).toEqual([]);
  expect(unreadableLines({count: 1, first: [one]})).toEqual([line]);
  expect(unreadableLines({count: 3, first: [one]})).toEqual([line, 'and 2 values more']);
});
