/** What was acknowledged survives kill -9, again and again in one directory. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {openEndpoint} from '../../src/etcd/connection.ts';
import type {EndpointClient} from '../../src/etcd/connection.ts';
import {bundled} from '../support/bundle.ts';
import {LONG_MS, pause, until} from '../support/until.ts';
import {cleanUp, newPath} from './store-bed.ts';

cleanUp();

const ENTRY = join(import.meta.dirname, '..', '..', 'src', 'embedded', 'main.ts');
const ROUNDS = 2;
const WRITERS = 6;

interface StoreChild {
  readonly client: EndpointClient;
  readonly clusterId: string;
  readonly pid: number;
  kill(): Promise<void>;
}

async function startChild(dataDir: string): Promise<StoreChild> {
  const child = spawn(process.execPath, [bundled(ENTRY), '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const {endpoint, clusterId, pid} = JSON.parse(line.toString()) as {
    endpoint: string;
    clusterId: string;
    pid: number;
  };
  const client = openEndpoint(endpoint, {endpoints: [endpoint], timeoutMs: LONG_MS});
  const kill = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    client.close();
  };
  return {client, clusterId, pid, kill};
}

/** Puts pairs in one transaction each until the store is gone; notes each that was acknowledged. */
async function storm(
  {kv}: EndpointClient,
  round: number,
  writer: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  for (let number = 0; ; number += 1) {
    const keys = ['left', 'right'].map((side) => `${side}/${round}/${writer}/${number}`);
    const success = keys.map((key) => ({
      request_put: {key: Buffer.from(key), value: Buffer.from(`value of ${key}`)},
    }));
    try {
      const {header} = await kv.txn({compare: [], success, failure: []});
      for (const key of keys) acknowledged.set(key, Number(header.revision));
    } catch {
      return;
    }
  }
}

async function stored({kv}: EndpointClient): Promise<Map<string, number>> {
  const {kvs} = await kv.range({key: Buffer.from([0]), range_end: Buffer.from([0])});
  return new Map(
    kvs.map(({key, value, mod_revision: revision}) => {
      expect(value.toString()).toBe(`value of ${key.toString()}`);
      return [key.toString(), Number(revision)];
    }),
  );
}

function expectNothingLost(found: Map<string, number>, acknowledged: Map<string, number>): void {
  for (const [key, revision] of acknowledged) expect(found.get(key), key).toBe(revision);
  // A write without an answer may be there, but never a half of it.
  const [left, right] = ['left', 'right'].map((side) =>
    [...found.keys()].filter((key) => key.startsWith(side)).map((key) => key.slice(side.length)),
  );
  expect(left?.sort()).toEqual(right?.sort());
}

describe('the embedded store as a process', () => {
  it('has every acknowledged write after kill -9 in a storm of writes', async () => {
    const path = newPath();
    const acknowledged = new Map<string, number>();
    const clusters = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = await startChild(path);
      clusters.add(child.clusterId);
      expectNothingLost(await stored(child.client), acknowledged);
      const before = acknowledged.size;
      const writers = Array.from({length: WRITERS}, (_, writer) =>
        storm(child.client, round, writer, acknowledged),
      );
      await until(() => acknowledged.size > before + 100, LONG_MS, 'a storm of writes');
      await pause(20 * round);
      await child.kill();
      await Promise.all(writers);
    }
    const last = await startChild(path);
    const found = await stored(last.client);
    await last.kill();
    expectNothingLost(found, acknowledged);
    expect(clusters.size).toBe(1);
  });
});
