/** A container with so many shards that one answer cannot name them all. */
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, expect, it} from 'vitest';
import {hintHandler} from '../../../src/container/receiver.ts';
import type {HintTarget} from '../../../src/container/receiver.ts';
import {ANSWER_LIMIT_BYTES} from '../../../src/server/governing/limits.ts';
import {HoldingsCaller} from '../../../src/server/governing/holdings-audit.ts';

const SHARDS = 45_000;
const ids = Array.from({length: SHARDS}, (_, at) => `shard-${'x'.repeat(64)}-${at}`);
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Samples taken of each shard. */
const sampled = new Map<string, number>();

const target: HintTarget = {
  ...{app: 'app', container: 'c1', incarnation: 'i1'},
  hint: () => undefined,
  notReady: () => '',
  notes: () => [],
  holdings: (_withLoads, isAsked = () => true) => {
    const shards = ids.filter(isAsked).map((id) => {
      sampled.set(id, (sampled.get(id) ?? 0) + 1);
      return {id, token: '', state: 'running', ready: true, stuck: false, load: {rps: 1}};
    });
    return {app: 'app', container: 'c1', incarnation: 'i1', shards, own: {cpu: 0.5}};
  },
};

async function endpointOf(handle: ReturnType<typeof hintHandler>): Promise<string> {
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('is asked in parts, and each shard is sampled once', async () => {
  const endpoint = await endpointOf(hintHandler(new Set([target])));
  const caller = new HoldingsCaller({allowLoopback: true});
  closing.push(() => caller.close());
  const all = JSON.stringify(target.holdings());
  expect(all.length).toBeGreaterThan(ANSWER_LIMIT_BYTES);
  sampled.clear();
  const said = await caller.ask({app: 'app', incarnation: 'i1', endpoint, records: SHARDS}, true);
  if ('cause' in said) throw new Error(said.cause);
  expect(said.holdings.size).toBe(SHARDS);
  expect(said.loads?.shards.size).toBe(SHARDS);
  expect(said.loads?.own).toEqual({cpu: 0.5});
  expect([sampled.size, Math.max(...sampled.values())]).toEqual([SHARDS, 1]);
});
