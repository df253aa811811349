/** What a listing has not shown, against a plain set of what it has. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {AppView} from '../../src/appstate/app-view.ts';
import {listedKey} from '../../src/appstate/listing-marks.ts';
import type {AppChange} from '../../src/model/change.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';

const record: OwnershipRecord = {
  ...{v: 1, state: 'free', container: 'c', incarnation: 'i', endpoint: ''},
  ...{ready: false, token: '', move: null, failures: 0, lastError: '', taskVersion: 0},
};

function change(kind: number, name: number, mod: number, present = true): AppChange {
  const shard = `s${name}`;
  const versions = {mod, create: mod};
  if (kind === 0) {
    const value = {id: shard, service: 'a', task: '', updateTime: 1};
    const spec = {...value, manualContainerId: '', group: '', workerGroup: ''};
    return {kind: 'shard', mod, shard, entry: present ? {value: spec, ...versions} : undefined};
  }
  if (kind === 1)
    return {kind: 'own', mod, shard, entry: present ? {value: record, ...versions} : undefined};
  if (kind === 2)
    return {kind: 'id', mod, container: `c${name}`, incarnation: present ? 'i' : undefined};
  if (kind === 3) return {kind: 'corrupt', mod, what: 'own', id: shard, problem: 'no JSON'};
  return {kind: 'worker', mod, workerGroup: 'w', container: `c${name}`, present};
}

const known = fc.array(fc.tuple(fc.nat(4), fc.nat(5), fc.boolean()), {maxLength: 30});

describe('a listing', () => {
  it('takes away exactly what it has not shown and is not newer', () => {
    fc.assert(
      fc.property(
        known,
        fc.array(fc.tuple(fc.nat(4), fc.nat(5))),
        fc.nat(40),
        (reported, shown, at) => {
          const view = new AppView();
          let mod = 0;
          for (const [kind, name, present] of reported)
            view.apply(change(kind, name, (mod += 1), present));
          const marks = view.beginListing();
          const listed = new Set<string>();
          for (const [kind, name] of shown) {
            const one = change(kind, name, at);
            // What is known at its revision need not be taken.
            if (
              kind === 0 &&
              !marks.isKnown('shard', `s${name}`, view.shards.get(`s${name}`)?.mod ?? -1)
            )
              continue;
            if (kind !== 0) {
              view.apply(one);
              marks.show(one);
            }
            listed.add(listedKey(one));
          }
          const expected = new Set<string>();
          const note = (key: string, revision: number): unknown =>
            revision <= at && !listed.has(key) && expected.add(key);
          for (const [shard, entry] of view.shards) note(`shard/${shard}`, entry.mod);
          for (const [shard, entry] of view.own) note(`own/${shard}`, entry.mod);
          for (const [container, entry] of view.ids) note(`id/${container}`, entry.mod);
          for (const container of view.pools.get('w') ?? []) note(`worker/w/${container}`, 0);
          for (const {id} of view.quarantined.all()) note(`own/${id}`, 0);
          const gone = [...marks.missing(at)].filter((one) => one !== undefined);
          expect(new Set(gone.map(listedKey))).toEqual(expected);
        },
      ),
    );
  });

  it('is known by rows that other shards had before', () => {
    const view = new AppView();
    view.apply(change(0, 1, 1));
    view.apply(change(1, 1, 2));
    view.apply(change(0, 1, 3, false));
    expect(view.rows.size).toBe(1);
    view.apply(change(1, 1, 4, false));
    expect(view.rows.size).toBe(0);
    view.apply(change(0, 2, 5));
    expect([view.rows.rowOf('s2'), view.rows.idAt(0), view.shards.get('s1')]).toEqual([
      0,
      's2',
      undefined,
    ]);
    expect(view.rows.bornAt(0)).toBe(2);
  });
});

it('a listing that shows a record as it is known takes nothing from one that contradicts its holder', () => {
  const view = new AppView();
  const value = {...record, state: 'owned', container: 'c2', incarnation: 'i'} as const;
  view.apply({kind: 'own', mod: 2, shard: 's', entry: {value, mod: 2, create: 2}});
  const heartbeat: Heartbeat = {
    ...{v: 1, container: 'c1', ttlMs: 10_000, endpoint: '', host: '', pid: 0, bootId: ''},
    ...{zone: '', labels: {}, version: '', sdk: '', seq: 1, nonce: '', state: 'ready'},
  };
  const entry = {value: heartbeat, mod: 1, create: 1};
  const beat: AppChange = {kind: 'heartbeat', mod: 1, incarnation: 'i', entry};
  view.apply(beat);
  expect(view.isQuarantined('s')).toBe(true);
  const marks = view.beginListing();
  expect(marks.isKnown('own', 's', 2)).toBe(true);
  marks.show(beat);
  expect([...marks.missing(3)]).toEqual([]);
});
