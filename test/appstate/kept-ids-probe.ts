/** Prints how many bytes a view keeps of a shard whose id has so many letters (the argument). Runs by test/support/heap-probe.ts. */
import {AppView} from '../../src/appstate/app-view.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {newsOf} from '../../src/appview/app-news.ts';
import {encodeRecord} from '../../src/protocol/records.ts';

const APP = 'orders';
const SHARDS = 2_000;

const keys = new Keys('/sm', 'sm.test');

const collect = globalThis.gc as () => void;

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
      const record = {v: 1, state: 'owned', container, incarnation: container, token: ''};
      const rest = {ready: true, move: null, failures: 0, lastError: ''};
      applied(view, keys.ownership(APP, id), {...record, ...rest}, mod);
    }
  return view;
}

function keptBytes(idLength: number): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const view = changedView(idLength);
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  if (view.shards.size !== SHARDS || view.own.size !== SHARDS) throw new Error('not all are there');
  return kept / SHARDS;
}

// The first one counts what is compiled, too.
keptBytes(Number(process.argv[2]));
process.stdout.write(String(keptBytes(Number(process.argv[2]))));
