import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {expect, it} from 'vitest';

const SCRIPT = join(import.meta.dirname, '..', 'planner', 'oracle-run.ts');
const NIGHT = join(import.meta.dirname, '..', 'night', 'run.ts');
const ran = (script: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', script, ...args], {encoding: 'utf8'});
const run = (...args: readonly string[]) => ran(SCRIPT, ...args);

it('a script shows its usage when asked, and when an option is wrong', () => {
  const asked = run('--help');
  expect(asked.status).toBe(0);
  expect(asked.stdout).toMatch(/^`npm run planner:oracle -- --cases N/);
  const wrong = run('--case', '1');
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain("Unknown option '--case'");
  expect(wrong.stderr).toContain('npm run planner:oracle');
});

it('so does one that takes words, before it starts anything', () => {
  const asked = ran(NIGHT, '--help');
  expect(asked.status).toBe(0);
  expect(asked.stdout).toMatch(/^`npm run night \[-- WORDS\]`/);
  const wrong = ran(NIGHT, '--words');
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain("Unknown option '--words'");
});
