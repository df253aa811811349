import {readdirSync} from 'node:fs';
import {homedir} from 'node:os';
import {expect, it} from 'vitest';

it('tests have a home of their own and none of the settings of whoever runs them', () => {
  expect(homedir()).toContain('sm-home-');
  expect(readdirSync(process.env['XDG_CONFIG_HOME'] ?? '')).toEqual([]);
  const foreign = Object.keys(process.env).filter(
    (name) => /^SM_(?!TEST_)/.test(name) || /_proxy$/i.test(name),
  );
  expect(foreign).toEqual([]);
});
