/** A live view through a pipe says what it does not print, of each kind of rows. */
import {expect, it} from 'vitest';
import {LiveLines} from '../../src/cli/live/live-lines.ts';
import {app, container, rows, shard, summary} from '../views/fixture.ts';
import type {Rows} from '../views/fixture.ts';

function saidOf(sections: Rows, over: Parameters<typeof summary>[0]): string[] {
  const said: string[] = [];
  const lines = new LiveLines({
    json: false,
    write: () => undefined,
    say: (text) => void said.push(text),
  });
  lines.take({type: 'message', message: rows(sections, {summary: summary(over)})});
  return said;
}

const two = [container('c-1'), container('c-2')];
const apps = [app('orders')];

it.each([
  ['all of the dashboard', {apps, containers: two}, {containers: {ready: 2}}, []],
  [
    'containers of the dashboard that were not sent',
    {apps, containers: two},
    {containers: {ready: 8, lost: 1}, matched: 1, total: 1},
    ['showing 2 of 9 containers'],
  ],
  [
    'containers of an app',
    {containers: two},
    {containers: {ready: 5}, matched: 5, total: 5},
    ['showing 2 of 5 containers'],
  ],
  [
    'a window of shards, of those that match',
    {shards: [shard('s-1')]},
    {containers: {ready: 5}, matched: 7, total: 90},
    ['showing 1 of 7 shards: narrow with the flags'],
  ],
] as const)('%s', (_what, sections, over, wanted) => {
  expect(saidOf(sections as unknown as Rows, over)).toEqual(wanted);
});

it('the line of an app names its alarms, each code once', () => {
  const written: string[] = [];
  const output = {json: false, write: (line: string) => void written.push(line)};
  const lines = new LiveLines({...output, say: () => undefined});
  const alarmOf = (code: string) => ({
    ...{service: 'mail', code, text: ''},
    since: '',
    object: '',
    fix: '',
  });
  const alarms = ['BRAKE', 'UNSERVED', 'BRAKE'].map(alarmOf);
  const sections = {apps: [app('orders'), app('mail', {alarms})]} as unknown as Rows;
  lines.take({type: 'message', message: rows(sections, {summary: summary({})})});
  expect(written.map((line) => line.split('  ').at(-1))).toEqual([
    expect.stringContaining('container') as unknown,
    'alarms BRAKE, UNSERVED',
  ]);
});
