import {spawnSync} from 'node:child_process';
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

it('neither a test nor a process that it starts has __proto__', () => {
  expect(() => Reflect.get({}, '__proto__')).toThrow('__proto__');
  const child = spawnSync(process.execPath, ['-e', '({}).__proto__']);
  expect(child.stderr.toString()).toContain('ERR_PROTO_ACCESS');
});
