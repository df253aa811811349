/** A view keeps the id of a shard once, whatever comes of it later: each change brings a text of its own. */
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {expect, it} from 'vitest';
import {AppView} from '../../src/appstate/app-view.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {newsOf} from '../../src/appview/app-news.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {ownership} from '../server/admin/fixture.ts';

const APP = 'orders';
const SHARDS = 2_000;
const SHORT = 20;
const LONG = 180;
const TAKES = 3;

const keys = new Keys('/sm', 'sm.test');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What a watch brings of the key, as from the wire. */
function applied(view: AppView, key: string, value: object, mod: number): void {
  const parsed = keys.parse(key);
  const entry = {key, value: encodeRecord(value), mod, create: 1};
  const news = parsed && newsOf(parsed, entry, mod);
  if (news?.kind === 'change') view.apply(news.change);
}

/** Every shard has a spec and a record, and both have changed since. */
function changedView(idLength: number): AppView {
  const view = new AppView();
  for (let round = 0; round < 2; round += 1)
    for (let at = 0; at < SHARDS; at += 1) {
      const id = String(at).padStart(idLength, 's');
      const mod = 1 + round * SHARDS + at;
      const spec = {id, service: APP, task: `task ${round}`, updateTime: round};
      applied(view, keys.shardSpec(APP, id), spec, mod);
      const container = `c${(at + round) % 10}`;
      applied(view, keys.ownership(APP, id), ownership({container, incarnation: container}), mod);
    }
  return view;
}

function keptBytes(idLength: number): number {
  const takes = Array.from({length: TAKES}, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const view = changedView(idLength);
    collect();
    const kept = process.memoryUsage().heapUsed - before;
    expect([view.shards.size, view.own.size]).toEqual([SHARDS, SHARDS]);
    return kept / SHARDS;
  });
  return takes.toSorted((a, b) => a - b)[Math.floor(TAKES / 2)] ?? 0;
}

it('a view keeps the id of a shard once, also when its spec and its record have changed', () => {
  const perId = (keptBytes(LONG) - keptBytes(SHORT)) / (LONG - SHORT);
  expect(perId).toBeGreaterThan(0.5);
  expect(perId).toBeLessThan(1.5);
});
