/** Whether the canary's measure means anything: containers that ask no guard are found out. */
import {join} from 'node:path';
import {afterAll, expect, it, vi} from 'vitest';
import {Canary} from '../../src/dev/index.ts';
import type {CanaryEvent} from '../../src/dev/index.ts';
import {LONG_MS, TTL_MS, clusterOfFile} from '../support/cluster.ts';
import {until} from '../support/until.ts';

vi.setConfig({testTimeout: 240_000});

const UNFENCED = join(import.meta.dirname, '..', 'support', 'unfenced-container.ts');
const cluster = clusterOfFile();
let canary: Canary | undefined;

afterAll(() => canary?.fleet.stop());

it('finds two owners where containers ask no guard', async () => {
  const events: CanaryEvent[] = [];
  canary = new Canary({
    admin: cluster().admin,
    app: 'canary',
    containers: 2,
    shards: 4,
    endpoints: cluster().etcd.endpoints,
    etcdPrefix: cluster().prefix,
    ttlMs: TTL_MS,
    faults: [],
    tell: (event) => events.push(event),
    program: UNFENCED,
  });
  await canary.start();
  await canary.fleet.placed;
  const {fleet} = canary;
  const [victim] = fleet.living;
  victim?.signal('SIGSTOP');
  const before = fleet.verdict.summary.terms;
  const moved = (): boolean => fleet.verdict.summary.terms > before;
  await until(moved, LONG_MS, 'its shards act elsewhere');
  victim?.signal('SIGCONT');
  await until(() => fleet.verdict.summary.twoOwners, LONG_MS, 'it is found out');
  expect(events.some(({event}) => event === 'twoOwners')).toBe(true);
  const handovers = Object.values(canary.measured.handovers);
  expect(handovers.reduce((sum, {count}) => sum + count, 0)).toBeGreaterThan(0);
});
