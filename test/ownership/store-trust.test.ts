/** Whether a store is still the one: what one session knows of its cluster, from the reading of its epoch on. */
import {describe, expect, it} from 'vitest';
import {StoreTrust} from '../../src/ownership/store-trust.ts';
import type {StoreMark} from '../../src/ownership/store-trust.ts';

const REPORTED = {kind: 'reported', text: 'etcd was restored'} as const;

const from = (clusterId: string, revision = 100): StoreMark => ({clusterId, revision, atLeast: 0});

describe('the cluster in which the epoch was read', () => {
  it('is the one that must answer the first heartbeat: what was read before counts its revisions', () => {
    const trust = new StoreTrust(1, 'one');
    expect(trust.answered(from('two'), 0)).toMatchObject({
      kind: 'doubted',
      doubt: {kind: 'anotherCluster', found: 'two', known: 'one'},
    });
  });

  it('is believed', () => {
    const trust = new StoreTrust(1, 'one');
    expect(trust.answered(from('one'), 0)).toBeUndefined();
  });

  it.each([
    ['there is no record', undefined],
    ['an import is not complete, which writes the cluster last', ''],
  ])('is whichever answers first where %s', (_case, clusterId) => {
    const trust = new StoreTrust(1, clusterId);
    expect(trust.answered(from('one'), 0)).toBeUndefined();
    expect(trust.answered(from('two'), 0)).toMatchObject({kind: 'doubted'});
  });
});

describe('an accepted restore', () => {
  const CASES = [
    ['that was doubted', true],
    ['that was not noticed before', false],
  ] as const;

  /** Cluster two was accepted. */
  function accepted(isDoubted: boolean, clusterId = 'two'): StoreTrust {
    const trust = new StoreTrust(1, 'one');
    trust.answered(from('one', 80), 0);
    if (isDoubted) trust.clusterRead({epoch: 1, doubt: REPORTED, mod: 1});
    trust.clusterRead({epoch: 2, doubt: undefined, mod: 2, clusterId});
    return trust;
  }

  it.each(CASES)('%s is of the cluster that the record names', (_case, isDoubted) => {
    const trust = accepted(isDoubted);
    trust.answered(from('two', 10), 0);
    expect(trust.isDoubted).toBe(false);
    expect(trust.answered(from('two', 20), 0)).toBeUndefined();
  });

  it.each(CASES)('%s does not accept another one after it', (_case, isDoubted) => {
    const trust = accepted(isDoubted);
    expect(trust.answered(from('three'), 0)).toMatchObject({kind: 'doubted'});
    trust.clusterRead({epoch: 3, doubt: undefined, mod: 3, clusterId: 'three'});
    expect(trust.isDoubted).toBe(false);
    expect(trust.answered(from('three'), 0)).toBeUndefined();
  });

  it.each(CASES)('%s is not doubted, however young its history is', (_case, isDoubted) => {
    const trust = accepted(isDoubted, 'one');
    trust.answered({clusterId: 'one', revision: 10, atLeast: isDoubted ? 0 : 50}, 0);
    expect(trust.answered(from('one', 11), 0)).toBeUndefined();
    expect(trust.isDoubted).toBe(false);
  });

  it('of a cluster without a name is one: the next is doubted', () => {
    const trust = accepted(false, '');
    expect(trust.answered(from('two'), 0)).toEqual({kind: 'accepted'});
    // Nothing of the second has been believed when it goes, too.
    expect(trust.answered({...from('two', 5), atLeast: 9}, 0)).toMatchObject({kind: 'doubted'});
  });

  it.each(CASES)(
    '%s is of whichever answers where an import is not complete',
    (_case, isDoubted) => {
      const trust = accepted(isDoubted, '');
      trust.answered(from('two', 10), 0);
      expect(trust.isDoubted).toBe(false);
    },
  );
});
