/** What an operator's word does to a container, and to which of its incarnations. */
import {describe, expect, it} from 'vitest';
import {ContainerTrust} from '../../src/governor/container-trust.ts';
import {livingContainers} from '../../src/governor/containers.ts';
import type {ContainerOrder} from '../../src/model/specs.ts';
import {GovernorBed} from './governor-bed.ts';

function stateUnder(order: Partial<ContainerOrder>): string | undefined {
  const bed = new GovernorBed([]);
  bed.join('a');
  const value = {order: 'drain', reason: '', by: '', at: '', incarnation: '', keep: false} as const;
  const entry = {value: {...value, ...order}, mod: 500, create: 500};
  bed.governor.changed({kind: 'order', mod: 500, container: 'a', entry}, bed.nowMs);
  const {view} = bed.governor;
  const clock = {silent: () => false, suspect: () => false} as never;
  const closed = {
    claims: {unreachable: new Map(), deaf: new Map()},
    doubted: new Map(),
    trust: new ContainerTrust(),
  };
  return livingContainers(view, clock, closed, bed.nowMs).get('a')?.state;
}

describe('an order', () => {
  it('to drain holds for the incarnation it was given for', () => {
    expect(stateUnder({incarnation: 'a-inc'})).toBe('draining');
    expect(stateUnder({incarnation: 'a-before'})).toBe('ready');
  });

  it('to drain holds for later ones if it is kept, or names none', () => {
    expect(stateUnder({incarnation: 'a-before', keep: true})).toBe('draining');
    expect(stateUnder({incarnation: ''})).toBe('draining');
  });

  it('to cordon stays until it is lifted', () => {
    expect(stateUnder({order: 'cordon', incarnation: 'a-before'})).toBe('cordoned');
  });
});
