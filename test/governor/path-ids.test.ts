/** Shards whose ids lead to other keys where a path is made of them: containers of the Go project never get them. */
import {describe, expect, it} from 'vitest';
import {serviceGap} from '../../src/governor/service-gap.ts';
import type {LivingContainer} from '../../src/governor/containers.ts';
import {pushShardProblem} from '../../src/model/ids.ts';
import {GovernorBed} from './governor-bed.ts';

const PUSH = '7fab-12';
const BAD = ['../../own', 'a//b', '.', 'x/', './y'];

function bedOf(shards: readonly string[]): GovernorBed {
  const bed = new GovernorBed(shards);
  bed.beat('p1', 'ready', PUSH);
  bed.holdsId('p1', PUSH);
  return bed;
}

/** So long that everything is placed; containers claim what they get. */
function settle(bed: GovernorBed, containers: readonly string[]): void {
  for (let round = 0; round < 8; round += 1) {
    for (const container of containers) bed.claim(bed.unclaimed(container));
    bed.beat('p1', 'ready', PUSH);
    bed.pass(1_000, containers.includes('c1') ? ['c1'] : []);
  }
}

describe('ids that are no part of a path', () => {
  it('are named with the reason', () => {
    for (const id of BAD) expect(pushShardProblem(id)).toContain('a path');
    for (const id of ['a', 'a/b', 'a..b', '...', 'x y', 'ü'])
      expect(pushShardProblem(id)).toBeUndefined();
  });

  it('get no push container, and say why; the others do', () => {
    const bed = bedOf([...BAD, 'a', 'a/b']);
    settle(bed, ['p1']);
    expect(bed.places['a']).toBe('owned p1');
    expect(bed.places['a/b']).toBe('owned p1');
    for (const id of BAD) expect(bed.own.get(id)).toBeUndefined();
    const living = new Map<string, LivingContainer>([
      ['p1', {...{container: 'p1', incarnation: PUSH, endpoint: ''}, state: 'ready', mode: 'open'}],
    ]);
    const {view} = bed.governor;
    const context = {app: 'app', view, living, reasonOf: () => 'worker-group-empty'};
    expect(serviceGap('../../own', context)).toEqual({
      text: `only containers of the Go project could have it, and ${String(pushShardProblem('../../own'))}`,
      fix: 'start a process that joins app app by our SDK, or add it under another id',
    });
  });

  it('are placed where a container of our SDK is', () => {
    const bed = bedOf([...BAD, 'a']);
    bed.join('c1');
    settle(bed, ['p1', 'c1']);
    for (const id of BAD) expect(bed.places[id]).toBe('owned c1');
  });
});
