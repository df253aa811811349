/** Alarms as people see them: each cause once, and what strikes many at once in a few rows. */
import {expect, it} from 'vitest';
import {alarmRows} from '../../src/model/alarm-rows.ts';

const since = '2026-01-01T00:00:00.000Z';
const clockRate = (service: string, object: string) => ({
  ...{service, object, since, code: 'CLOCK_RATE'},
  text: `the clock of container ${object} runs fast`,
  fix: `see whether the machine of ${object} has processors to spare`,
});
const unserved = {
  ...{service: 'big', object: 's1', since, code: 'UNSERVED'},
  text: '3 of 3 shards',
  fix: 'start a process',
};

it('thirty containers with one alarm are three rows and a count', () => {
  const ids = Array.from({length: 30}, (_, at) => `b-${at}`);
  const rows = alarmRows([
    ...ids.map((id) => clockRate('big', id)),
    unserved,
    clockRate('small', 'c1'),
  ]);
  expect(rows.map(({service, codes, text}) => `${service} ${codes.join()} ${text}`)).toEqual([
    ...['b-0', 'b-1', 'b-2'].map(
      (id) => `big CLOCK_RATE since ${since}: the clock of container ${id} runs fast`,
    ),
    'big CLOCK_RATE and 27 more like this',
    `big UNSERVED since ${since}: 3 of 3 shards`,
    `small CLOCK_RATE since ${since}: the clock of container c1 runs fast`,
  ]);
  expect(rows[3]?.fix).toContain('sm app get big -o json');
});

it('three are three rows', () => {
  expect(alarmRows(['a', 'b', 'c'].map((id) => clockRate('big', id)))).toHaveLength(3);
});
