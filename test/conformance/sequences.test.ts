/** A slice of what `npm run conformance` compares, always the same one; that command takes any seed. */
import {expect, it} from 'vitest';
import {Pair, describeFailure} from './compare.ts';
import type {Step} from './steps.ts';

const PAIRS = 2;
const SEQUENCES = 200;

it('etcd and the embedded server answer random sequences alike', async () => {
  const failures: string[] = [];
  let next = 1;
  const work = async (): Promise<void> => {
    const pair = new Pair('etcd', 'embedded');
    try {
      while (next <= SEQUENCES) {
        const failure = await pair.runSeed(next++);
        if (failure !== undefined) failures.push(describeFailure(failure));
      }
    } finally {
      await pair.stop();
    }
  };
  await Promise.all(Array.from({length: PAIRS}, work));
  expect(failures.join('\n')).toBe('');
  expect(next).toBe(SEQUENCES + 1);
});

it('the comparison sees a difference, and shrinks it', async () => {
  const pair = new Pair('etcd', 'embedded');
  // One server forgets what it was asked to write whenever the value is "x".
  pair.disturb = (step) => (step.do === 'put' && step.value === 'x' ? {...step, value: 'y'} : step);
  try {
    let failure;
    for (let seed = 1; failure === undefined && seed < 50; seed += 1)
      failure = await pair.runSeed(seed);
    expect(failure?.shrunk.length).toBeLessThanOrEqual(4);
    expect(failure?.shrunk).toContainEqual(expect.objectContaining({do: 'put', value: 'x'}));
    expect(JSON.stringify(failure?.difference.left)).not.toBe(
      JSON.stringify(failure?.difference.right),
    );
  } finally {
    await pair.stop();
  }
});

/** Longer than etcd waits before it writes to its database what it has applied. */
const STALL_MS = 300;

it('the comparison of what a kill leaves is about what was acknowledged, also when the machine stalls between two steps', async () => {
  // etcd would try the put again, with the lease that its database has by then, and revoke that lease: two revisions too many.
  const steps: Step[] = [
    {do: 'put', key: 'a', value: 'refused', lease: 0},
    {do: 'revoke', lease: 0},
    {do: 'grant', lease: 0, ttl: 900},
    {do: 'range', key: 'a'},
    {do: 'put', key: 'b', value: 'x'},
  ];
  const pair = new Pair('etcd', 'embedded');
  pair.disturb = (step) => {
    if (step.do === 'range') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
    return step;
  };
  try {
    expect(await pair.run(steps, true)).toBeUndefined();
  } finally {
    await pair.stop();
  }
});
