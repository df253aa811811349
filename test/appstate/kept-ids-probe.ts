/**
 * Prints how many bytes a view keeps of a shard whose id has so many letters (the argument). In a process of its own with --expose-gc: what others leave
 * behind would count.
 */
import {AppView} from '../../src/appstate/app-view.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {newsOf} from '../../src/appview/app-news.ts';
import {encodeRecord} from '../../src/protocol/records.ts';

const APP = 'orders';
const SHARDS = 2_000;
const TAKES = 5;

const keys = new Keys('/sm', 'sm.test');

const gc = globalThis.gc as () => void;
/** What the first one leaves to be swept beside the program would count; the second one ends that. */
const collect = (): void => {
  gc();
  gc();
};

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
  const takes = Array.from({length: TAKES}, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const view = changedView(idLength);
    collect();
    const kept = process.memoryUsage().heapUsed - before;
    if (view.shards.size !== SHARDS || view.own.size !== SHARDS)
      throw new Error('not all are there');
    return kept / SHARDS;
  });
  return takes.toSorted((a, b) => a - b)[Math.floor(TAKES / 2)] ?? 0;
}

process.stdout.write(String(keptBytes(Number(process.argv[2]))));
