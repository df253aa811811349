/** A name that stands both as the Go project spells it and as we do: taken over, and given back (decision 13). */
import {describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {releasable, releaseApp} from '../../../src/server/governing/release.ts';
import {renameShards} from '../../../src/server/governing/take-over.ts';
import {MemoryStore} from '../../support/memory-store.ts';

const APP = 'app';
const keys = new Keys('/sm', 'sm');
const PREFIX = keys.shardSpecPrefix(APP);

type Specs = Readonly<Record<string, {id: string; task: string}>>;

class Bed {
  readonly store = new MemoryStore();

  async with(specs: Specs): Promise<this> {
    for (const [name, spec] of Object.entries(specs))
      await this.put(PREFIX + name, JSON.stringify({service: APP, ...spec}));
    return this;
  }

  async put(key: string, value: string): Promise<void> {
    await this.store.transact({compares: [], then: [{op: 'put', key, value}]});
  }

  async takeOver(): Promise<Specs> {
    const {store} = this;
    await this.put('fencing', '');
    const fencing = await store.get('fencing');
    await renameShards(
      {
        ...{app: APP, keys, store, logger: silentLogger},
        batcher: {submit: (transaction) => store.transact(transaction)},
        fencingKey: {key: 'fencing', target: 'create', value: fencing.entry?.create ?? 0},
      },
      'unknown',
    );
    return this.specs();
  }

  async release(): Promise<Specs> {
    await releaseApp({keys, store: this.store}, APP);
    return this.specs();
  }

  async specs(): Promise<Specs> {
    const {entries} = await this.store.list([PREFIX]);
    const specs = entries.map(({key, value}): [string, Specs[string]] => {
      const {id, task} = JSON.parse(value) as Specs[string];
      return [key.slice(PREFIX.length), {id, task}];
    });
    return Object.fromEntries(specs);
  }
}

const ORIGIN = {id: '', task: 'of the Go project'};
const OURS = {id: 'a.b', task: 'of ours'};

describe('taken over', () => {
  it('with the same content: our key goes on', async () => {
    const bed = await new Bed().with({'a.b': ORIGIN, 'a%2Eb': {...ORIGIN, id: 'a.b'}});
    expect(await bed.takeOver()).toEqual({'a%2Eb': {...ORIGIN, id: 'a.b'}});
  });

  it('with other content: both stay as they are', async () => {
    const both = {'a.b': ORIGIN, 'a%2Eb': OURS};
    expect(await (await new Bed().with(both)).takeOver()).toEqual(both);
  });

  it('where both are shards of the Go project, whatever their content: each goes on as the shard that it was', async () => {
    for (const task of [ORIGIN.task, 'another']) {
      const bed = await new Bed().with({'a.b': ORIGIN, 'a%2Eb': {id: '', task}});
      const taken = {'a%2Eb': {...ORIGIN, id: 'a.b'}, 'a%252Eb': {id: 'a%2Eb', task}};
      expect(await bed.takeOver()).toEqual(taken);
      // Cut off before `governedBy` was written: it is done again, and changes nothing.
      expect(await bed.takeOver()).toEqual(taken);
    }
  });
});

describe('given back', () => {
  it('with the same content: the raw key goes on', async () => {
    const bed = await new Bed().with({'a.b': ORIGIN, 'a%2Eb': {...ORIGIN, id: 'a.b'}});
    expect(await bed.release()).toEqual({'a.b': ORIGIN});
  });

  it('with other content: refused with both keys before anything has changed', async () => {
    const both = {'a.b': ORIGIN, 'a%2Eb': OURS, 'x%20y': {id: 'x y', task: 't'}};
    const bed = await new Bed().with(both);
    await bed.put(keys.governedBy(APP), 'sm');
    const refusal = {
      code: 'CONFLICT',
      message: expect.stringContaining(`${PREFIX}a%2Eb and ${PREFIX}a.b`),
    };
    await expect(releasable({keys, store: bed.store}, APP)).rejects.toMatchObject(refusal);
    await expect(bed.release()).rejects.toMatchObject(refusal);
    expect(await bed.specs()).toEqual(both);
    expect((await bed.store.get(keys.governedBy(APP))).entry?.value).toBe('sm');
  });

  it('as the two shards that they were, and taken over again', async () => {
    const taken = {'a%2Eb': {...ORIGIN, id: 'a.b'}, 'a%252Eb': {id: 'a%2Eb', task: 't'}};
    const bed = await new Bed().with(taken);
    const given = await bed.release();
    expect(Object.entries(given).map(([name, {task}]) => [name, task])).toEqual([
      ['a%2Eb', 't'],
      ['a.b', ORIGIN.task],
    ]);
    expect(await bed.takeOver()).toEqual(taken);
  });

  it('not at all where nobody here has governed the app', async () => {
    const theirs = {'a.b': ORIGIN, 'x%20y': {id: '', task: 't'}};
    expect(await (await new Bed().with(theirs)).release()).toEqual(theirs);
  });
});
