import {describe, expect, it} from 'vitest';
import type {AppSpec} from '../../src/model/specs.ts';
import {GovernorBed} from './governor-bed.ts';
import {storedKeys} from './random/stored.ts';

/** A daemon's heartbeat wakes nobody, but no test needs the governor to sleep longer. */
const LONGEST_SLEEP_MS = 1_000;
/** One look a second, and what has to be tried again twice a second. */
const CALM_TURNS_A_MINUTE = 240;

describe('a governor with nothing to do sleeps', () => {
  it('when the circuit breaker holds no more and the silent containers may still come back', () => {
    const bed = new GovernorBed([]);
    setSpec(bed, 200, {maxRecoveryTime: 300});
    for (const container of ['a', 'b', 'c']) bed.join(container);
    live(bed, 60_000);

    expect(live(bed, 60_000)).toBeLessThan(CALM_TURNS_A_MINUTE);
  });

  it('while the app is being removed and a container does not let go', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('a');
    live(bed, 2_000);
    bed.claim(['s1']);
    setSpec(bed, 10_000, {deleting: true});
    live(bed, 1_000);

    expect(live(bed, 60_000)).toBeLessThan(CALM_TURNS_A_MINUTE);
  });

  it('when the app is gone', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('a');
    live(bed, 2_000);
    setSpec(bed, 10_000, {deleting: true});
    live(bed, 1_000);
    bed.governor.changed({kind: 'spec', mod: 10_001, entry: undefined}, bed.nowMs);
    live(bed, 1_000);

    expect(live(bed, 60_000)).toBeLessThan(CALM_TURNS_A_MINUTE);
  });

  it('while nobody can have the shard of a container that is gone and had not claimed it', () => {
    const bed = new GovernorBed(['s1']);
    bed.join('a');
    live(bed, 2_000);
    const stored = [...storedKeys(bed)];
    bed.takeOver(stored.filter(({kind}) => kind !== 'heartbeat' && kind !== 'id'));
    live(bed, 60_000);

    expect(bed.places).toEqual({s1: 'assigned a'});
    expect(live(bed, 60_000)).toBeLessThan(CALM_TURNS_A_MINUTE);
  });

  it('when a call has failed whose container was gone by then', () => {
    const bed = new GovernorBed(['s1']);
    for (const container of ['a', 'b']) bed.join(container);
    live(bed, 2_000);
    bed.end('b');
    live(bed, 2_000);
    bed.contacted('b', 'no answer within 4 s');
    live(bed, 10_000);

    expect(live(bed, 60_000)).toBeLessThan(CALM_TURNS_A_MINUTE);
  });

  it('while one shard after the other comes to have waited for too long', () => {
    const bed = new GovernorBed([]);
    for (let number = 0; number < 150; number += 1) {
      bed.addShard(`s${number}`);
      bed.turn(100);
    }

    expect(bed.status?.alarms.map(({code}) => code)).toEqual(['UNSERVED']);
    expect(live(bed, 10_000)).toBeLessThan(CALM_TURNS_A_MINUTE / 6);
  });

  it('while nothing has been listed', () => {
    const bed = new GovernorBed([], {listed: false});
    bed.join('a');

    expect(live(bed, 60_000)).toBeLessThan(CALM_TURNS_A_MINUTE);
  });
});

/** Goes on as the shell would; how many turns it took. */
function live(bed: GovernorBed, forMs: number): number {
  const endMs = bed.nowMs + forMs;
  let turns = 0;
  while (bed.nowMs < endMs) {
    const waitMs = bed.governor.wakeAtMs(bed.nowMs) - bed.nowMs;
    bed.turn(Math.min(LONGEST_SLEEP_MS, Math.max(1, waitMs)));
    turns += 1;
  }
  return turns;
}

function setSpec(bed: GovernorBed, mod: number, changes: Partial<AppSpec>): void {
  const value = {service: 'app', createTime: 1, maxShardCount: 0, maxRecoveryTime: 0, ...changes};
  bed.governor.changed({kind: 'spec', mod, entry: {value, mod, create: 1}}, bed.nowMs);
}
