import {expect, it} from 'vitest';
import {SpreadKeys} from '../../src/appstate/spread-keys.ts';

it('knows the shards of a key as they get one, change it and go', () => {
  const keys = new SpreadKeys();
  keys.replace('s1', '', 'a');
  keys.replace('s2', '', 'a');
  keys.replace('s3', '', '');
  expect([...keys.shardsOf('a')]).toEqual(['s1', 's2']);
  expect([...keys.shardsOf('')]).toEqual([]);
  keys.replace('s1', 'a', 'b');
  keys.replace('s2', 'a', '');
  expect([...keys.shardsOf('a')]).toEqual([]);
  expect([...keys.shardsOf('b')]).toEqual(['s1']);
});
