import {describe, expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';
import {GovernorBed, TTL_MS} from './governor-bed.ts';

const W = silenceMs(TTL_MS);
/** Waits end within a step of the bed. */
const STEP_MS = 200;
/** A successor that waits for its id is waited for so long. */
const SUCCESSOR_MS = 5_000;

/** An app with so many containers that have just beaten, its shards ready. */
function bedOf(containers: readonly string[], maxRecoveryTime = 0): GovernorBed {
  const bed = new GovernorBed(['s1', 's2', 's3', 's4'], {maxRecoveryTime});
  for (const container of containers) bed.join(container);
  bed.pass(3_000, containers);
  for (let round = 0; round < 5; round += 1) {
    for (const container of containers) bed.claim(bed.unclaimed(container));
    bed.pass(500, containers);
  }
  return bed;
}

function others(bed: GovernorBed, silent: string): string[] {
  return [...bed.governor.view.ids.keys()].filter((container) => container !== silent);
}

describe('a silent container', () => {
  it('is evicted when W has passed since its last version was seen, not before', () => {
    const bed = bedOf(['c1', 'c2', 'c3']);
    const mod = bed.beat('c1');
    bed.pass(W - STEP_MS, others(bed, 'c1'));
    expect(bed.evictions).toEqual([]);
    bed.pass(2 * STEP_MS, others(bed, 'c1'));
    expect(bed.evictions[0]).toMatchObject({container: 'c1', incarnation: 'c1-inc', mod});
  });

  it('is left alone while what was read of it is older than what the failure detector has heard', () => {
    const failureDetector = new FailureDetector();
    const bed = new GovernorBed(['s1'], {failureDetector});
    for (const container of ['c1', 'c2', 'c3']) bed.join(container);
    const mod = bed.beat('c1');
    failureDetector.observe('c1-inc', mod + 100_000, TTL_MS, bed.nowMs);
    bed.pass(2 * W, ['c2', 'c3']);
    expect(bed.evictions).toEqual([]);
  });

  it('is evicted W after it joined, if it has never beaten again', () => {
    const bed = bedOf(['c1', 'c2', 'c3']);
    bed.join('c4');
    bed.pass(W - STEP_MS, ['c1', 'c2', 'c3']);
    expect(bed.evictions).toEqual([]);
    bed.pass(2 * STEP_MS, ['c1', 'c2', 'c3']);
    expect(bed.evictions[0]).toMatchObject({container: 'c4', incarnation: 'c4-inc'});
  });

  it('keeps its shards until its heartbeat is gone, then they go to the others', () => {
    const bed = bedOf(['c1', 'c2', 'c3']);
    const held = Object.keys(bed.places).filter((shard) => bed.places[shard]?.endsWith('c1'));
    bed.beat('c1');
    bed.pass(W + STEP_MS, ['c2', 'c3']);
    for (const shard of held) expect(bed.places[shard]).toBe('owned c1');
    for (const eviction of bed.evictions.slice(0, 1)) bed.evicted(eviction);
    bed.pass(STEP_MS, ['c2', 'c3']);
    for (const shard of held) expect(bed.places[shard]).toMatch(/^assigned c[23]$/);
  });

  it('that is back under its id and runs its shards already gets all of them, and gives some away after that', () => {
    const bed = bedOf(['c1', 'c2']);
    const held = Object.keys(bed.places).filter((shard) => bed.places[shard]?.endsWith('c1'));
    bed.join('c3');
    bed.beat('c1', 'waiting', 'c1-back');
    bed.governor.view.noteSessionShards({container: 'c1', incarnation: 'c1-back'}, new Set(held));
    bed.pass(W + STEP_MS, ['c2', 'c3']);
    for (const eviction of bed.evictions.slice(0, 1)) bed.evicted(eviction);
    bed.beat('c1', 'ready', 'c1-back');
    bed.holdsId('c1', 'c1-back');
    // Were it not there, they would belong elsewhere.
    bed.governor.view.orders.set('c1', {
      ...{mod: 1, create: 1},
      value: {order: 'drain', keep: true, incarnation: '', reason: '', by: '', at: ''},
    });
    bed.pass(STEP_MS, ['c2', 'c3']);
    for (const shard of held)
      expect(bed.own.get(shard)?.value).toMatchObject({state: 'assigned', incarnation: 'c1-back'});
  });

  it('is given its recovery time, counted from its last heartbeat', () => {
    const bed = bedOf(['c1', 'c2', 'c3'], 30);
    bed.beat('c1');
    bed.pass(30_000 - STEP_MS, ['c2', 'c3']);
    expect(bed.evictions).toEqual([]);
    bed.pass(2 * STEP_MS, ['c2', 'c3']);
    expect(bed.evictions[0]?.container).toBe('c1');
  });

  it('is given no recovery time when a successor waits for its id', () => {
    const bed = bedOf(['c1', 'c2', 'c3'], 30);
    bed.beat('c1');
    for (let ms = 0; ms < W; ms += 1_000) {
      bed.beat('c1', 'waiting', 'c1-next');
      bed.pass(1_000, ['c2', 'c3']);
    }
    expect(bed.evictions[0]).toMatchObject({container: 'c1', incarnation: 'c1-inc'});
    for (const eviction of bed.evictions.slice(0, 1)) bed.evicted(eviction);
    expect(bed.evictions.some(({incarnation}) => incarnation === 'c1-next')).toBe(false);
  });

  it('is given its recovery time when the successor that waited for its id has died, too', () => {
    const bed = bedOf(['c1', 'c2', 'c3'], 30);
    bed.beat('c1');
    bed.pass(1_000, ['c2', 'c3']);
    bed.beat('c1', 'waiting', 'c1-next');
    bed.pass(W, ['c2', 'c3']);
    expect(bed.evictions.map(({incarnation}) => incarnation)).toEqual(['c1-next']);
    for (const eviction of bed.evictions) bed.evicted(eviction);
    bed.pass(30_000 - 1_000 - W - STEP_MS, ['c2', 'c3']);
    expect(bed.evictions).toHaveLength(1);
    bed.pass(2 * STEP_MS, ['c2', 'c3']);
    expect(bed.evictions[1]?.incarnation).toBe('c1-inc');
  });

  it('that beats again is not evicted, however late', () => {
    const bed = bedOf(['c1', 'c2', 'c3']);
    for (let round = 0; round < 5; round += 1) {
      bed.beat('c1');
      bed.pass(W - STEP_MS, ['c2', 'c3']);
    }
    expect(bed.evictions).toEqual([]);
  });

  it('is not evicted while the store takes no writes of ours: silence counts anew', () => {
    const bed = bedOf(['c1', 'c2', 'c3']);
    bed.beat('c1');
    bed.pass(W - 5_000, ['c2', 'c3']);
    for (let ms = 0; ms < TTL_MS; ms += 1_000) bed.turn(1_000, () => 'commits', false);
    bed.pass(W - 2 * STEP_MS, ['c2', 'c3']);
    expect(bed.evictions).toEqual([]);
    bed.pass(4 * STEP_MS, ['c2', 'c3']);
    expect(bed.evictions[0]?.container).toBe('c1');
  });
});

/** Time for the eviction of c1, whose successor beats as it waits; c2 beats, too. */
function passWaiting(bed: GovernorBed): void {
  for (let ms = 0; ms < W + STEP_MS; ms += STEP_MS) {
    bed.beat('c1', 'waiting', 'c1-next');
    bed.pass(STEP_MS, ['c2']);
  }
}

describe('a silent container, and others that come', () => {
  it('is given its recovery time when another falls silent after it: nobody has come in its place', () => {
    const bed = bedOf(['c1', 'c2', 'c3', 'c4'], 30);
    bed.pass(W / 2, ['c2', 'c3', 'c4']);
    bed.pass(W / 2, ['c3', 'c4']);
    bed.pass(W, ['c3', 'c4']);
    expect(bed.evictions).toEqual([]);
  });

  it('is given no recovery time when one comes and it has been silent for the longest', () => {
    const bed = bedOf(['c1', 'c2', 'c3', 'c4'], 30);
    bed.pass(W / 2, ['c1', 'c3', 'c4']);
    bed.join('c5');
    bed.pass(W / 2 + STEP_MS, ['c3', 'c4', 'c5']);
    bed.pass(W, ['c3', 'c4', 'c5']);
    expect(new Set(bed.evictions.map(({container}) => container))).toEqual(new Set(['c2']));
  });

  it('is given its recovery time when one comes for another that an operator evicts', () => {
    const bed = bedOf(['c1', 'c2', 'c3', 'c4'], 30);
    bed.pass(W + STEP_MS, ['c2', 'c3', 'c4']);
    bed.join('c5');
    bed.beat('c2', 'evicting');
    bed.pass(W / 2, ['c3', 'c4', 'c5']);
    expect(bed.evictions).toEqual([]);
  });
});

describe('a successor that waits for the id', () => {
  it.each(['its heartbeat', 'its id'])(
    'gets the shards of the last holder, where %s is the first that is gone',
    (first) => {
      const bed = bedOf(['c1', 'c2'], 30);
      const held = Object.keys(bed.places).filter((shard) => bed.places[shard]?.endsWith('c1'));
      bed.beat('c1');
      passWaiting(bed);
      const goes = [
        {kind: 'heartbeat', mod: bed.next(), incarnation: 'c1-inc', entry: undefined},
        {kind: 'id', mod: bed.next(), container: 'c1', incarnation: undefined},
      ] as const;
      for (const change of first === 'its id' ? goes.toReversed() : goes) {
        bed.governor.changed(change, bed.nowMs);
        bed.turn();
      }
      bed.pass(SUCCESSOR_MS - STEP_MS, ['c2']);
      for (const shard of held) expect(bed.places[shard]).toBe('owned c1');
      bed.holdsId('c1', 'c1-next');
      bed.beat('c1', 'ready', 'c1-next');
      bed.pass(STEP_MS, ['c2']);
      for (const shard of held)
        expect(bed.own.get(shard)?.value).toMatchObject({
          state: 'assigned',
          incarnation: 'c1-next',
        });
    },
  );

  it('and does not take it is waited for 5 s: then they go to others', () => {
    const bed = bedOf(['c1', 'c2'], 30);
    const held = Object.keys(bed.places).filter((shard) => bed.places[shard]?.endsWith('c1'));
    bed.beat('c1');
    passWaiting(bed);
    for (const eviction of bed.evictions.slice(0, 1)) bed.evicted(eviction);
    bed.pass(SUCCESSOR_MS - STEP_MS, ['c2']);
    for (const shard of held) expect(bed.places[shard]).toBe('owned c1');
    bed.pass(2 * STEP_MS, ['c2']);
    for (const shard of held) expect(bed.places[shard]).toBe('assigned c2');
    bed.addShard('late');
    bed.pass(STEP_MS, ['c2']);
    expect(bed.places['late']).toBe('assigned c2');
  });

  it('keeps others no longer than 5 s from a plan, where one after the other returns so', () => {
    const ids = Array.from({length: 20}, (_, number) => `c${number}`);
    const bed = bedOf(ids, 30);
    const sinceMs = bed.nowMs;
    for (const [at, id] of ids.entries()) {
      const before = ids[at - 1];
      bed.beat(id, 'waiting', `${id}-next`);
      bed.end(id);
      bed.turn();
      if (before === undefined) bed.addShard('late');
      else {
        bed.holdsId(before, `${before}-next`);
        bed.beat(before, 'ready', `${before}-next`);
      }
      bed.beatAll();
      bed.pass(500);
      if (bed.own.has('late')) break;
    }
    expect(bed.places['late']).toMatch(/^assigned/);
    expect(bed.nowMs - sinceMs).toBeLessThan(SUCCESSOR_MS + 1_000);
  });

  it('and has crashed is not waited for: the shards go to others at once', () => {
    const bed = bedOf(['c1', 'c2']);
    const held = Object.keys(bed.places).filter((shard) => bed.places[shard]?.endsWith('c1'));
    bed.beat('c1');
    bed.beat('c1', 'waiting', 'c1-next');
    bed.pass(W + STEP_MS, ['c2']);
    for (const eviction of bed.evictions.slice(0, 1)) bed.evicted(eviction);
    bed.pass(STEP_MS, ['c2']);
    for (const shard of held) expect(bed.places[shard]).toBe('assigned c2');
  });
});

const ten = Array.from({length: 10}, (_, index) => `c${index}`);

describe('the circuit breaker', () => {
  it('holds for 2T when more than 30 % fall silent at once, says so, then believes it', () => {
    const bed = bedOf(ten);
    for (const container of ten) bed.beat(container);
    bed.pass(W + 2 * STEP_MS, ten.slice(4));
    expect(bed.evictions).toEqual([]);
    bed.pass(1_500, ten.slice(4));
    expect(bed.status?.alarms.map(({code}) => code)).toContain('BRAKE');
    bed.pass(2 * TTL_MS - 3_000, ten.slice(4));
    expect(bed.evictions).toEqual([]);
    bed.pass(3_000, ten.slice(4));
    expect(new Set(bed.evictions.map(({container}) => container))).toEqual(
      new Set(ten.slice(0, 4)),
    );
  });

  it('does not hold for 30 %, nor for two of few', () => {
    for (const [all, silent] of [
      [ten, 3],
      [['c1', 'c2', 'c3'], 2],
    ] as const) {
      const bed = bedOf(all);
      for (const container of all) bed.beat(container);
      bed.pass(W + 2 * STEP_MS, all.slice(silent));
      expect(new Set(bed.evictions.map(({container}) => container)).size).toBe(silent);
    }
  });

  it('counts none whose successor waits for its id and is heard: all ten restarted at once are back after W', () => {
    const bed = bedOf(ten);
    for (const container of ten) bed.beat(container);
    for (let ms = 0; ms < W + STEP_MS; ms += 1_000) {
      for (const container of ten) bed.beat(container, 'waiting', `${container}-next`);
      bed.pass(1_000, []);
    }
    expect(new Set(bed.evictions.map(({incarnation}) => incarnation))).toEqual(
      new Set(ten.map((container) => `${container}-inc`)),
    );
    for (const eviction of bed.evictions.slice(0, 10)) bed.evicted(eviction);
    bed.pass(2_000, []);
    expect(bed.status?.alarms.map(({code}) => code)).not.toContain('BRAKE');
  });

  it('does not hold two that are gone beside many that restart', () => {
    const bed = bedOf(ten);
    for (const container of ten) bed.beat(container);
    for (let ms = 0; ms < W + STEP_MS; ms += 1_000) {
      for (const container of ten.slice(2, 8)) bed.beat(container, 'waiting', `${container}-next`);
      bed.pass(1_000, ten.slice(8));
    }
    expect(new Set(bed.evictions.map(({container}) => container))).toEqual(
      new Set(ten.slice(0, 8)),
    );
  });

  it('holds those that have no successor, and lets the others go', () => {
    const bed = bedOf(ten);
    for (const container of ten) bed.beat(container);
    const [back, away, rest] = [ten.slice(0, 2), ten.slice(2, 6), ten.slice(6)];
    for (let ms = 0; ms < W + TTL_MS; ms += 1_000) {
      for (const container of back) bed.beat(container, 'waiting', `${container}-next`);
      bed.pass(1_000, rest);
    }
    expect(new Set(bed.evictions.map(({container}) => container))).toEqual(new Set(back));
    expect(bed.status?.alarms.map(({code}) => code)).toContain('BRAKE');
    expect(away.every((container) => bed.governor.view.heartbeats.has(`${container}-inc`))).toBe(
      true,
    );
  });
});

describe('the circuit breaker, as time passes', () => {
  it('lets go when they come back', () => {
    const bed = bedOf(ten);
    for (const container of ten) bed.beat(container);
    bed.pass(W + TTL_MS, ten.slice(4));
    bed.pass(3 * TTL_MS, ten);
    expect(bed.evictions).toEqual([]);
    expect(bed.status?.alarms.map(({code}) => code)).not.toContain('BRAKE');
  });

  it('counts losses, not silence at one instant: six of eight that fall silent one by one', () => {
    const eight = ten.slice(0, 8);
    const bed = bedOf(eight);
    const dead = eight.slice(0, 6);
    const lost = (): Set<string> => new Set(bed.evictions.map(({container}) => container));
    const carryOut = (durationMs: number): void => {
      for (let ms = 0; ms < durationMs; ms += STEP_MS) {
        bed.pass(STEP_MS, eight.slice(6));
        for (const eviction of bed.evictions)
          if (bed.governor.view.heartbeats.has(eviction.incarnation)) bed.evicted(eviction);
      }
    };
    // Killed at one instant: their last heartbeats lie a while apart.
    for (const container of dead) {
      bed.beat(container);
      carryOut(2 * STEP_MS);
    }
    carryOut(W);
    expect(lost().size).toBe(2);
    carryOut(1_500);
    expect(bed.status?.alarms.map(({code}) => code)).toContain('BRAKE');
    expect(lost().size).toBe(2);
    carryOut(2 * TTL_MS);
    expect(lost()).toEqual(new Set(dead));
    carryOut(W + 2_000);
    expect(bed.status?.alarms.map(({code}) => code)).not.toContain('BRAKE');
  });

  it('holds for all of 2T, even when the losses before it lie more than W back by then', () => {
    const eight = ten.slice(0, 8);
    const bed = bedOf(eight);
    const [first = '', second = '', ...rest] = eight;
    for (const container of [first, second]) bed.beat(container);
    bed.pass(4_000, rest);
    for (const container of rest.slice(0, 2)) bed.beat(container);
    bed.pass(W - 4_000 + STEP_MS, rest.slice(2));
    for (const eviction of bed.evictions.slice(0, 2)) bed.evicted(eviction);
    bed.pass(4_000 + 2 * TTL_MS - 2 * STEP_MS, rest.slice(2));
    expect(new Set(bed.evictions.map(({container}) => container)).size).toBe(2);
    bed.pass(4 * STEP_MS, rest.slice(2));
    expect(new Set(bed.evictions.map(({container}) => container)).size).toBe(4);
  });

  it('does not add up losses that lie further apart than W', () => {
    const bed = bedOf(ten);
    let beating = ten;
    for (const container of ten.slice(0, 5)) {
      bed.beat(container);
      beating = beating.filter((one) => one !== container);
      bed.pass(W + STEP_MS, beating);
      for (const eviction of bed.evictions)
        if (eviction.container === container) bed.evicted(eviction);
      expect(bed.governor.view.heartbeats.has(`${container}-inc`)).toBe(false);
    }
  });
});
