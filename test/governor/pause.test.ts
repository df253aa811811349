/** A paused app makes no voluntary move; everything that recovery needs goes on. */
import {describe, expect, it} from 'vitest';
import {plan} from '../../src/planner/index.ts';
import {GovernorBed} from './governor-bed.ts';

const FIRST_PLAN_MS = 3_000;

function later(bed: GovernorBed, ms = 1_000): void {
  bed.beatAll();
  bed.turn(ms);
  bed.settle();
}

/** c1 holds all four shards, then c2 joins: two of them would move for balance. */
function lopsided(paused: boolean): GovernorBed {
  const bed = new GovernorBed(['s1', 's2', 's3', 's4']);
  bed.join('c1');
  bed.turn(FIRST_PLAN_MS);
  bed.claim(bed.unclaimed('c1'));
  bed.settle();
  if (paused) bed.respec({paused: true});
  bed.join('c2');
  bed.prove('c2');
  later(bed, FIRST_PLAN_MS);
  return bed;
}

function dropping(bed: GovernorBed): string[] {
  return [...bed.own].filter(([, {value}]) => value.state === 'dropping').map(([shard]) => shard);
}

describe('a paused app', () => {
  it('moves nothing for balance, and does so once it is resumed', () => {
    expect(dropping(lopsided(false))).toHaveLength(2);
    const bed = lopsided(true);
    expect(dropping(bed)).toEqual([]);
    bed.respec({paused: false});
    later(bed);
    expect(dropping(bed)).toHaveLength(2);
  });

  it('still places new shards and drains', () => {
    const bed = lopsided(true);
    bed.addShard('s5');
    later(bed);
    expect(bed.unclaimed('c2')).toEqual(['s5']);
    bed.order('c1', 'drain');
    later(bed);
    expect(dropping(bed)).toHaveLength(4);
  });

  it('still makes room for a shard that has no other place', () => {
    // Both wide shards fill c1, the only member of the narrow pool.
    const shard = (id: string, current: string, workerGroup = '') => ({
      ...{id, group: '', workerGroup, pin: '', current, prefer: '', avoid: ''},
    });
    const made = plan({
      shards: [shard('wide1', 'c1'), shard('wide2', 'c1'), shard('narrow', '', 'narrow')],
      containers: [
        {id: 'c1', mode: 'open'},
        {id: 'c2', mode: 'open'},
      ],
      pools: new Map([['narrow', new Set(['c1'])]]),
      maxShardCount: 2,
    });
    expect(made.moves.map(({cause}) => cause)).toEqual(['capacity']);
  });

  it('holds back one cancelled move and makes the other', () => {
    const bed = lopsided(true);
    const cancelled = {
      ...{from: 'c1', to: 'c2', fromIncarnation: 'c1-inc', toIncarnation: 'c2-inc'},
      ...{by: 'local', at: ''},
    };
    for (const shard of ['s1', 's2', 's3']) bed.addShard(shard, {cancelledMove: cancelled});
    bed.respec({paused: false});
    later(bed);
    expect(dropping(bed).filter((shard) => shard !== 's4')).toEqual([]);
  });
});
