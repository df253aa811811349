/** Responses of a watch: in their order, short ones at once, long ones in slices while the stream is paused. */
import {setImmediate as turn} from 'node:timers/promises';
import {describe, expect, it} from 'vitest';
import {EVENTS_AT_ONCE} from '../../src/etcd/limits.ts';
import {WatchIntake} from '../../src/etcd/watch-intake.ts';
import type {WatchResponse} from '../../src/etcd/wire.ts';
import {SLICE_MS} from '../../src/runtime/limits.ts';
import {LONG_MS, until} from '../support/until.ts';

const STEPS = 20;

/** A response with so many events, known again by its revision. */
function response(revision: number, events: number): WatchResponse {
  const kv = {
    key: Buffer.from('k'),
    value: Buffer.from(''),
    mod_revision: '1',
    create_revision: '1',
  };
  return {
    ...{header: {cluster_id: '1', revision: String(revision)}, watch_id: '0'},
    ...{created: false, canceled: false, compact_revision: '0'},
    events: Array.from({length: events}, () => ({type: 'PUT', kv})),
  };
}

/** Takes each step of a long response for as long as a slice may take. */
class Bed {
  /** Begin and end of each response. */
  readonly log: string[] = [];
  isPaused = false;
  readonly intake = new WatchIntake(
    {pause: () => (this.isPaused = true), resume: () => (this.isPaused = false)},
    (given) => this.taking(given),
  );

  private *taking({header, events}: WatchResponse): Generator<undefined, undefined> {
    this.log.push(`begin ${header.revision}`);
    if (events.length > EVENTS_AT_ONCE)
      for (let step = 0; step < STEPS; step += 1) {
        const untilMs = performance.now() + SLICE_MS;
        while (performance.now() < untilMs);
        yield;
      }
    this.log.push(`end ${header.revision}`);
  }

  async untilLogged(count: number): Promise<void> {
    await until(() => this.log.length >= count && !this.isPaused, LONG_MS, 'it is taken in');
  }
}

describe('what a watch brings', () => {
  it('is taken at once where it is short', () => {
    const bed = new Bed();
    bed.intake.take(response(1, EVENTS_AT_ONCE));
    expect([bed.log, bed.isPaused]).toEqual([['begin 1', 'end 1'], false]);
  });

  it('lets others run in between where it is long, and the rest stays with the sender meanwhile', async () => {
    const bed = new Bed();
    bed.intake.take(response(1, EVENTS_AT_ONCE + 1));
    expect([bed.log, bed.isPaused]).toEqual([['begin 1'], true]);
    await turn();
    expect(bed.log).toEqual(['begin 1']);
    await bed.untilLogged(2);
    expect([bed.log, bed.isPaused]).toEqual([['begin 1', 'end 1'], false]);
  });

  it('keeps its order: a short one waits behind a long one of its own watch, and of no other', async () => {
    const [bed, other] = [new Bed(), new Bed()];
    bed.intake.take(response(1, EVENTS_AT_ONCE + 1));
    bed.intake.take(response(2, 1));
    bed.intake.take(response(3, EVENTS_AT_ONCE + 1));
    other.intake.take(response(9, 1));
    expect(other.log).toEqual(['begin 9', 'end 9']);
    expect(bed.log).toEqual(['begin 1']);
    await bed.untilLogged(6);
    expect(bed.log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
  });
});
