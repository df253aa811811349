/** Whether the canary's measure means anything: containers that ask no guard are found out, and `sm canary` then exits 10. */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {afterAll, expect, it} from 'vitest';
import type {CanaryEvent} from '../../src/dev/index.ts';
import {bundled} from '../support/bundle.ts';
import {LONG_MS, TTL_MS, clusterOfFile} from '../support/cluster.ts';
import {until} from '../support/until.ts';

const APP = 'canary';
const SUPPORT = join(import.meta.dirname, '..', 'support');
const CANARY = bundled(join(SUPPORT, 'unfenced-canary.ts'));
const CONTAINER = bundled(join(SUPPORT, 'unfenced-container.ts'));
const cluster = clusterOfFile();
let canary: ChildProcess | undefined;

afterAll(() => canary?.kill('SIGKILL'));

/** What it says, line by line. */
function startCanary(): {child: ChildProcess; events: CanaryEvent[]} {
  const [{daemon} = {daemon: undefined}] = cluster().daemons;
  const place = ['--server', `http://${daemon?.address}`, '--etcd-prefix', cluster().prefix];
  const size = ['--containers', '2', '--shards', '4', '--ttl-ms', String(TTL_MS)];
  const endpoints = cluster().etcd.endpoints.join(',');
  const args = [...place, ...size, '--endpoints', endpoints, '-o', 'jsonl'];
  const child = spawn(process.execPath, [CANARY, ...args], {
    env: {...process.env, SM_TEST_CONTAINER: CONTAINER},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const events: CanaryEvent[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.map((line) => JSON.parse(line) as CanaryEvent));
  });
  return {child, events};
}

it('finds two owners where containers ask no guard, and exits 10', async () => {
  const {child, events} = startCanary();
  canary = child;
  const reported = <Name extends CanaryEvent['event']>(name: Name) =>
    until(
      () => events.find((one): one is Extract<CanaryEvent, {event: Name}> => one.event === name),
      LONG_MS,
      () => `${name}: ${JSON.stringify(events)}`,
    );
  const {containers} = await reported('placed');
  const {shards} = await cluster().admin.call('getShards', {service: APP});
  const shardId = shards[0]?.id ?? '';
  const locate = () => cluster().admin.call('locate', {service: APP, shardId});
  const {owner} = await locate();
  const pid = containers.find(({id}) => id === owner)?.pid ?? 0;
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, 'SIGSTOP');
  const moved = async (): Promise<boolean> => {
    const now = await locate();
    return now.ready && now.owner !== owner;
  };
  await until(moved, LONG_MS, 'its shard acts elsewhere');
  process.kill(pid, 'SIGCONT');
  await reported('twoOwners');
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([10, null]);
  const stopped = events.at(-1);
  expect(stopped).toMatchObject({
    event: 'stopped',
    measured: {verdict: {twoOwners: true}, standing: 0},
  });
  const {handovers} = (stopped as Extract<CanaryEvent, {event: 'measured'}>).measured;
  expect(handovers.other?.count).toBeGreaterThan(0);
});
