/** Thousands of crashes: `npm run crashes` goes on for as long as one likes. */
import {describe, expect, it} from 'vitest';
import {cleanUp, newPath} from '../store-bed.ts';
import {runCrashes} from './crash-run.ts';

cleanUp();

describe.each(['kill', 'power'] as const)('a store that a crash stops anywhere: %s', (kind) => {
  it('has all that was answered, at its revision, and nothing out of order', async () => {
    const counts = await runCrashes({path: newPath(), seed: 1, crashes: 60, kind});
    // Else nothing was put to the test.
    expect(counts.answered).toBeGreaterThan(500);
    expect(counts.underway).toBeGreaterThan(counts.kept);
    expect(counts.kept).toBeGreaterThan(5);
    expect(counts.snapshots).toBeGreaterThan(20);
  });
});
