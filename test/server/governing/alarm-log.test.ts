/** Whoever reads the log learns of an alarm, with its page, once, and of its end. */
import {expect, it} from 'vitest';
import type {Logger} from '../../../src/runtime/logger.ts';
import {AlarmLog} from '../../../src/server/governing/alarm-log.ts';

it('tells each code once, and that it is over', () => {
  const lines: unknown[] = [];
  const keep = (fields: object, message: string): void => void lines.push({...fields, message});
  const logger: Logger = {debug: keep, info: keep, warn: keep, error: keep, child: () => logger};
  const log = new AlarmLog(logger);
  const since = '2026-01-01T00:00:00Z';
  const stuck = {code: 'STUCK', text: 'drop of s1 on c1 is overdue', since};
  log.note([stuck]);
  log.note([{...stuck, text: 'drop of s2 on c1 is overdue'}, stuck]);
  log.note([]);
  log.note([]);
  expect(lines).toEqual([
    {code: 'STUCK', text: stuck.text, page: 'docs/alarms/STUCK.md', message: 'alarm'},
    {code: 'STUCK', message: 'alarm is over'},
  ]);
});
