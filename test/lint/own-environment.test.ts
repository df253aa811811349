/** The suite itself: what every test is to run with. */
import {spawnSync} from 'node:child_process';
import {expect, it} from 'vitest';

it('neither a test nor a process that it starts has __proto__', () => {
  expect(() => Reflect.get({}, '__proto__')).toThrow('__proto__');
  const child = spawnSync(process.execPath, ['-e', '({}).__proto__']);
  expect(child.stderr.toString()).toContain('ERR_PROTO_ACCESS');
});
