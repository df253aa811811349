/** What SECURITY.md promises of the command line as it is run. */
import {execFileSync} from 'node:child_process';
import {expect, it} from 'vitest';

const SM = 'bin/run.js';

it('the command line runs without __proto__', () => {
  const argv = ['--disable-proto=throw', SM, 'token', 'create', 'ci', '--role', 'view', '--json'];
  const {token} = JSON.parse(execFileSync(process.execPath, argv, {encoding: 'utf8'})) as {
    token: string;
  };
  expect(token).toMatch(/^smt~ci~/);
});

it('a password in a URL is not shown by config view', () => {
  const env = {
    ...process.env,
    SM_PROXY: 'http://me:canary-1@proxy:1',
    SM_SERVER: 'http://me:canary-2@a:1,http://b:2',
  };
  const shown = execFileSync(process.execPath, [SM, 'config', 'view', '--json'], {
    encoding: 'utf8',
    env,
  });
  expect(shown).not.toContain('canary');
  expect(shown).toContain('http://me:***@proxy:1');
});
