/** docs/placement.md: its pictures are made from the policies and traces as they are, and what it promises of chaos holds. */
import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {
  GALLERY,
  galleryRows,
  inputsMark,
  pictureFile,
  policyFile,
} from '../../scripts/placement-gallery.ts';
import {simulate} from '../../src/cli/simulating.ts';

it.each(GALLERY)('the picture of %s is current: else run npm run gallery', (kind) => {
  expect(readFileSync(pictureFile(kind), 'utf8').split('\n')[0]).toBe(inputsMark(kind));
  const page = readFileSync('docs/placement.md', 'utf8');
  expect(page).toContain(`placement/${kind}.svg`);
  expect(page).toContain(policyFile(kind));
});

// The quickest three of the five: a planner that moves otherwise shows in them.
it.each(['partitions', 'tenants', 'jobs'] as const)(
  'the figures of %s are current: else run npm run gallery',
  async (kind) => {
    const page = readFileSync('docs/placement.md', 'utf8').split('\n');
    expect(page.filter((line) => line.startsWith(`| ${kind} | `))).toEqual(await galleryRows(kind));
  },
);

it('a fault every five minutes on 8 containers: imbalance p50 of 2 % and p95 of 4 % at most', async () => {
  const {runs} = await simulate({
    ...{files: [policyFile('chaos')], compare: undefined, app: undefined, times: {}},
    trace: {kind: 'chaos', seed: 1, containers: undefined},
    onProgress: () => undefined,
  });
  const {p50 = 1, p95 = 1} = runs[0]?.result.imbalance ?? {};
  expect(p50).toBeLessThanOrEqual(0.02);
  expect(p95).toBeLessThanOrEqual(0.04);
});
