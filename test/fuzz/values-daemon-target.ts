/** Hostile values in the store below daemons that run: they show what they cannot read, answer, and govern the rest. */
import {RECORDS} from './records.ts';
import type {Random} from '../simulation/random.ts';
import {jsonText, mutatedText} from './mutation.ts';
import {PREFIX, ProcessBed} from './process-bed.ts';
import {count} from './target.ts';
import type {FuzzTarget, Json, TargetFactory} from './target.ts';

interface Input {
  readonly [name: string]: string;
  readonly kind: string;
  readonly key: string;
  /** '' deletes the key. */
  readonly text: string;
}

/** Of the whole cluster: what cannot be read there stops it, and must. */
const GLOBAL: ReadonlySet<string> = new Set(['leader', 'cluster']);
const KINDS = Object.keys(RECORDS).filter((kind) => !GLOBAL.has(kind));
const READS = [
  ...[
    'get-app?service=fuzz-a',
    'get-shards?service=fuzz-a',
    'get-containers?service=fuzz-a',
    'status',
    'get-apps',
  ],
  ...[
    'detail?service=fuzz-a',
    'moves?service=fuzz-a',
    'events?limit=50',
    'checks',
    'export-app?service=fuzz-a',
  ],
];
const READS_PER_CASE = 2;
/** Of a case: on a busy machine eight cases wait for one daemon, and `checks` reads all there is. */
const LIMIT_MS = 30_000;

function make(random: Random): Input {
  const kind = random.pick(KINDS);
  const seed = RECORDS[kind];
  if (seed === undefined) throw new Error(kind);
  const key = seed.key('fuzz-a', random.pick(['s1', 's2', 'c1'])).replace(/^\/sm/, PREFIX);
  if (random.chance(0.1)) return {kind, key, text: ''};
  const good = typeof seed.value === 'string' ? seed.value : JSON.stringify(seed.value);
  const kindOfText = random.whole(0, 3);
  if (kindOfText === 0) return {kind, key, text: good};
  if (kindOfText === 1) return {kind, key, text: mutatedText(good, random)};
  return {kind, key, text: jsonText(seed.value, random)};
}

async function open(): Promise<FuzzTarget> {
  const bed = await ProcessBed.start();
  const counts = new Map<string, number>();
  let next = 0;
  return {
    ...{name: 'values-daemon', width: 8, counts, make, hangMs: LIMIT_MS},
    run: async (input: Json) => {
      const {kind, key, text} = input as unknown as Input;
      const name = Buffer.from(key);
      if (text === '') await bed.wire.call('KV.DeleteRange', {key: name});
      else await bed.wire.call('KV.Put', {key: name, value: Buffer.from(text, 'utf8')});
      count(counts, kind);
      for (let read = 0; read < READS_PER_CASE; read += 1) {
        const path = READS[(next += 1) % READS.length] ?? '';
        const answer = await fetch(`http://127.0.0.1:${bed.ports[0]}/sm/server/${path}`);
        const body = await answer.text();
        if (answer.status >= 500 && answer.status !== 503)
          return `${path} answers ${answer.status} after ${key}: ${body.slice(0, 500)}`;
      }
      return undefined;
    },
    memory: () => bed.memory('daemons'),
    verify: () => bed.verify(),
    close: () => bed.close(),
  };
}

export const valuesDaemonTarget: TargetFactory = {
  ...{name: 'values-daemon', group: 'values', weight: 1},
  open,
};
