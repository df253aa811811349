/** The corpus of what once failed, and some cases of every target that runs in this process. */
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {Random} from '../simulation/random.ts';
import {ownFolder} from '../support/own-folder.ts';
import {Campaign, faultIn} from './campaign.ts';
import {inProcess} from './in-process.ts';
import type {Json} from './target.ts';
import {TARGETS} from './targets.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
const SEED = 20_260_101;
/** Only a hang takes so long. */
const LIMIT_MS = 100_000;
/** Targets that run in this process, and cases of each: a second or two on idle cores, and as many on busy ones. */
const CASES: Readonly<Record<string, number>> = {
  values: 20_000,
  config: 800,
  'store-decode': 1_200,
  cli: 800,
};
const IN_PROCESS = Object.keys(CASES);

describe('the corpus', () => {
  it.each(readdirSync(CORPUS))('%s has no fault any more', async (file) => {
    const {target, input} = JSON.parse(readFileSync(join(CORPUS, file), 'utf8')) as {
      target: string;
      input: Json;
    };
    const opened = await TARGETS.find(({name}) => name === target)?.open();
    if (opened === undefined) throw new Error(`no target ${target}`);
    expect(await faultIn(opened, input)).toBeUndefined();
    await opened.close();
  });
});

describe('hostile input', () => {
  it.each(IN_PROCESS)('of the target %s breaks nothing', async (name) => {
    const opened = await TARGETS.find((one) => one.name === name)?.open();
    if (opened === undefined) throw new Error(`no target ${name}`);
    const failures = ownFolder('fuzz');
    const options = {seed: SEED, limitMs: LIMIT_MS, limitCases: CASES[name] ?? 0, failures};
    const {fault, cases} = await new Campaign(opened, options).run();
    await opened.close();
    expect(fault).toBeUndefined();
    expect(cases).toBe(CASES[name]);
  });
});

describe('a case that takes too long', () => {
  const spent = (run: (ms: number) => void) =>
    inProcess<number>({
      ...{name: 'values', group: 'values', weight: 1},
      make: () => 0,
      run: (ms) => {
        run(ms);
        return {kind: 'good'};
      },
    }).open();
  const HANG_MS = 100;

  it('is a fault when it computes, and none when the machine stands still', async () => {
    const computing = await spent((ms) => {
      const endUs = process.cpuUsage().user + ms * 1_000;
      while (process.cpuUsage().user < endUs);
    });
    expect(await faultIn({...computing, hangMs: HANG_MS}, 2 * HANG_MS)).toMatch(/^took \d+ ms$/);
    const still = await spent((ms) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    });
    expect(await faultIn({...still, hangMs: HANG_MS}, 2 * HANG_MS)).toBeUndefined();
  });
});

describe('a campaign', () => {
  it('ends at the first fault and leaves the case as a file that fails again; one seed makes one case', async () => {
    const target = inProcess<string>({
      ...{name: 'values', group: 'values', weight: 1},
      make: (random) => String(random.whole(0, 9)),
      run: (input) => {
        if (input === '7') throw new Error('seven');
        return {kind: 'good'};
      },
    });
    const failures = ownFolder('fuzz');
    const options = {seed: 1, limitMs: 10_000, limitCases: 1_000, failures};
    const {fault, file = '', cases} = await new Campaign(await target.open(), options).run();
    expect(fault).toContain('threw: Error: seven');
    expect(cases).toBeLessThan(1_000);
    const {input} = JSON.parse(readFileSync(file, 'utf8')) as {input: Json};
    expect(await faultIn(await target.open(), input)).toContain('seven');
    const again = TARGETS.map(({name}) => name).filter((name) => IN_PROCESS.includes(name));
    for (const name of again) {
      const opened = await TARGETS.find((one) => one.name === name)?.open();
      expect(opened?.make(new Random(5))).toEqual(opened?.make(new Random(5)));
    }
  });
});
