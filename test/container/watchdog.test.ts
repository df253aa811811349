/** The watchdog kills a process whose loop stands still past its deadline, and no other. */
import {fork} from 'node:child_process';
import type {ForkOptions} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {bundled} from '../support/bundle.ts';

const CHILD = join(import.meta.dirname, 'watchdog-child.ts');
/** As an instrumentation that does not bear threads. */
const PRELOAD = join(mkdtempSync(join(tmpdir(), 'sm-watchdog-')), 'preload.cjs');

beforeAll(() =>
  writeFileSync(
    PRELOAD,
    "if (!require('node:worker_threads').isMainThread) throw new Error('no threads');",
  ),
);
afterAll(() => rmSync(dirname(PRELOAD), {recursive: true}));

/** How the child ended: its signal, else its exit code. */
function outcome(
  manner: 'healthy' | 'blocked',
  options: ForkOptions = {},
): Promise<string | number | null> {
  return new Promise((resolve, reject) => {
    const child = fork(bundled(CHILD), [manner], options);
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
}

describe('the watchdog', () => {
  it('spares a healthy loop whose right to act runs out', async () => {
    expect(await outcome('healthy')).toBe(0);
  });

  it('kills a loop that stands still past its deadline', async () => {
    expect(await outcome('blocked')).toBe('SIGKILL');
  });

  it.each([
    ['by --require', {execArgv: ['--require', PRELOAD]}],
    ['by NODE_OPTIONS', {env: {...process.env, NODE_OPTIONS: `--require ${PRELOAD}`}}],
  ])('has no part in what the application loads before its program %s', async (_how, options) => {
    expect(await outcome('blocked', options)).toBe('SIGKILL');
    expect(await outcome('healthy', options)).toBe(0);
  });
});
