import {describe, expect, it} from 'vitest';
import {isWhole, checked, tableText} from './table.ts';
import type {Row} from './table.ts';

const ask = (): Promise<string> => Promise.resolve('');

describe('an answer', () => {
  const question = {ask, of: /orders/, cause: /its drop/, fix: /evict/};
  it('names a fault only on the lines of its app, and what stands right below', () => {
    const answer = 'OK\nalarm (orders): its drop hangs\n  fix: sm container evict\nother: ok';
    expect(checked(answer, question)).toEqual({
      named: true,
      text: 'alarm (orders): its drop hangs / fix: sm container evict',
    });
    expect(checked('alarm (other): its drop hangs\nevict', question).named).toBe(false);
    expect(checked('alarm (orders): its drop hangs', question).named).toBe(false);
    expect(checked('its drop', {ask, cause: /drop/}).named).toBe(true);
  });
});

it('the table marks what was not named, and hides what differs from night to night', () => {
  const byRights = {byRights: 'it is another process'};
  const row: Row = {
    fault: 'a fault',
    status: {ask, cause: /x/},
    doctor: {ask, cause: /x/},
    why: byRights,
    readyz: byRights,
    alert: byRights,
  };
  const seen = [
    {
      way: 'status' as const,
      named: true,
      afterMs: 4_400,
      text: 'x at 127.0.0.1:4711 | since 2026-01-01T00:00:00.000Z',
    },
    {way: 'doctor' as const, named: false, afterMs: 60_000, text: 'OK'},
  ];
  const [, , line] = tableText([{fault: row.fault, row, seen}]).split('\n');
  expect(line).toBe(
    '| a fault | 4 s: x at 127.0.0.1:PORT \\| since TIME | **not named**: OK | - (it is another process) | - (it is another process) | - (it is another process) |',
  );
});

it('a fault that could not be made is a row of its own, and the night is not whole', () => {
  const notMade = {fault: '`drop` hangs', notMade: 'Error: not within 60000 ms\nat x'};
  const [, , line] = tableText([notMade]).split('\n');
  expect(line).toBe('| `drop` hangs | **not made**: Error: not within 60000 ms at x | | | | |');
  expect(isWhole(notMade)).toBe(false);
});
