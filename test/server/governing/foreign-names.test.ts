/** Keys of shards that are spelled as no name here. */
import {expect, it} from 'vitest';
import {AppView} from '../../../src/appstate/app-view.ts';
import {Keys} from '../../../src/etcd/keys.ts';
import {ForeignNames} from '../../../src/server/governing/foreign-names.ts';
import {FOREIGN_NAMES_SHOWN} from '../../../src/server/governing/limits.ts';

const keys = new Keys('/sm', 'sm');
const PREFIX = keys.shardSpecPrefix('app');

function viewWith(shard: string): AppView {
  const view = new AppView();
  const value = {
    ...{id: shard, service: 'app', task: '', updateTime: 1},
    ...{manualContainerId: '', group: '', workerGroup: ''},
  };
  view.apply({kind: 'shard', mod: 5, shard, entry: {value, mod: 5, create: 5}});
  return view;
}

it('are one alarm with the reason of each, until they are gone', () => {
  const names = new ForeignNames(keys, 'app');
  const view = viewWith('a.b');
  expect(names.alarms(view)).toEqual([]);
  for (const name of ['a.b', 'x/y', 'late.one']) expect(names.note(PREFIX + name, true)).toBe(true);
  const [alarm, ...more] = names.alarms(view);
  expect(more).toEqual([]);
  expect(alarm?.code).toBe('QUARANTINE');
  expect(alarm?.text).toContain('a.b (has two keys; the other one is used)');
  expect(alarm?.text).toContain('x/y (the name holds a slash)');
  expect(alarm?.text).toContain('late.one (written after the app was taken over)');
  for (const name of ['a.b', 'x/y', 'late.one']) names.note(PREFIX + name, false);
  expect(names.alarms(view)).toEqual([]);
});

it('are counted where they are many, and begin anew with each listing', () => {
  const names = new ForeignNames(keys, 'app');
  for (let at = 0; at < FOREIGN_NAMES_SHOWN + 2; at += 1) names.note(`${PREFIX}a.${at}`, true);
  expect(names.alarms(new AppView())[0]?.text).toMatch(/ and 2 more$/);
  names.clear();
  expect(names.alarms(new AppView())).toEqual([]);
});

it('of others are of no interest', () => {
  const names = new ForeignNames(keys, 'app');
  expect(names.note(`${keys.shardSpecPrefix('other')}a.b`, true)).toBe(false);
  expect(names.alarms(new AppView())).toEqual([]);
});
