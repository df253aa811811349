/** Whether the verdict of `sm dev` means anything: a container that is stopped for longer than T, with and without its fence. */
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {DevBed} from '../../src/dev/index.ts';
import type {DevEvent} from '../../src/dev/index.ts';
import type {Breach} from '../../src/dev/verdict.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {bundled} from '../support/bundle.ts';
import {LONG_MS, until} from '../support/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DEMO = bundled(join(ROOT, 'src', 'dev', 'demo-container.ts'));
const UNFENCED = bundled(join(ROOT, 'test', 'support', 'unfenced-container.ts'));
const SHARDS = 6;
const beds: DevBed[] = [];

// Not after each: the tests run side by side, and the first to end must not stop the other's.
afterAll(async () => {
  await Promise.all(beds.splice(0).map((bed) => bed.stop()));
});

async function start(program: string): Promise<{bed: DevBed; events: DevEvent[]}> {
  const events: DevEvent[] = [];
  const anyPort = {wanted: 0, fixed: false};
  const bed = await DevBed.start({
    containers: 2,
    shards: SHARDS,
    port: anyPort,
    storePort: anyPort,
    version: 'test',
    logger: silentLogger,
    emit: (event) => events.push(event),
    program,
  });
  beds.push(bed);
  const placed = (): boolean => events.some(({event}) => event === 'placed');
  await until(placed, LONG_MS, () => `all shards act: ${JSON.stringify(events)}`);
  // One may have joined late: it gets its half after all have been placed.
  await until(() => isBalanced(bed), LONG_MS, 'each container has its half');
  return {bed, events};
}

async function isBalanced({admin}: DevBed): Promise<boolean> {
  const {containers} = await admin.call('getContainers', {service: 'demo'});
  return containers.length === 2 && containers.every(({shards}) => shards.ready === SHARDS / 2);
}

/** Stops the first container until all of its shards act in the second, and lets it go on. */
async function outlive({bed}: {bed: DevBed}): Promise<void> {
  const [victim] = bed.fleet.living;
  const before = bed.fleet.verdict.summary.terms;
  victim?.signal('SIGSTOP');
  const moved = (): boolean => bed.fleet.verdict.summary.terms >= before + SHARDS / 2;
  await until(moved, LONG_MS, 'the shards of the stopped container act elsewhere');
  victim?.signal('SIGCONT');
}

describe.concurrent('a container that is stopped for longer than T', () => {
  it('is held back by its guards: the verdict is never', async () => {
    const started = await start(DEMO);
    await outlive(started);
    const {verdict} = started.bed.fleet;
    const {terms} = verdict.summary;
    await until(() => verdict.summary.terms > terms, LONG_MS, 'it has shards again, anew');
    expect(verdict.summary).toMatchObject({twoOwners: false, breaches: []});
    expect(started.events.filter(({event}) => event === 'twoOwners')).toEqual([]);
  });

  it('and asks no guard is found out', async () => {
    const started = await start(UNFENCED);
    const {verdict} = started.bed.fleet;
    // On a busy machine it may lapse, and be found out, before it is stopped: what counts is that the stop is found out.
    const before = verdict.summary.breaches.length;
    await outlive(started);
    const found = (): Breach[] =>
      verdict.summary.breaches.slice(before).filter(({older}) => older.owner.startsWith('demo-1 '));
    await until(() => found().length > 0, LONG_MS, 'the judge has found it');
    expect(found()[0]?.overlapMs).toBeGreaterThan(0);
    expect(verdict.summary.twoOwners).toBe(true);
    expect(started.events.filter(({event}) => event === 'twoOwners').length).toBeGreaterThan(0);
  });
});
