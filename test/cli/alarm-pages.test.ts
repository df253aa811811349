import {expect, it} from 'vitest';
import {alarmPageLines} from '../../src/cli/alarm-pages.ts';

it('names the page of each alarm once, and none for what is not an alarm', () => {
  const texts = ['alarm STUCK of orders', 'STUCK (orders): drop', 'UNREACHABLE', 'etcd is UNKNOWN'];
  expect(alarmPageLines(texts)).toEqual([
    'STUCK: see docs/alarms/STUCK.md',
    'UNREACHABLE: see docs/alarms/UNREACHABLE.md',
  ]);
  expect(alarmPageLines(['PUSH_STALE'])).toEqual(['PUSH_STALE: see docs/alarms/PUSH_STALE.md']);
  expect(alarmPageLines([])).toEqual([]);
});
