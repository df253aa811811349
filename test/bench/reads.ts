/**
 * `npm run bench:reads`: how long reads of the admin API take on an app of 100,000 shards and 1,000 containers in a real etcd, while ten
 * records a second change, and how much CPU time of the daemon's side each costs. That side is a process of its own.
 * `-- SHARDSxCONTAINERS SAMPLES CHANGES_PER_SECOND WORD`: other numbers; with a word only reads whose names contain it.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {AdminClient} from '../../src/admin/admin-client.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {encodeIdHolder} from '../../src/protocol/container-id.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {Operation} from '../../src/store/port.ts';
import {heartbeat, ownership, status} from '../server/admin/fixture.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {percentile} from './figure.ts';

const PREFIX = '/sm-reads';
const SERVICE = 'sm.reads';
const APP = 'orders';
const [SHARDS = 100_000, CONTAINERS = 1_000] = (process.argv[2] ?? '')
  .split('x')
  .filter(Boolean)
  .map(Number);
const SAMPLES = Number(process.argv[3] ?? 15);
const CHANGES_PER_SECOND = Number(process.argv[4] ?? 10);
const WORD = process.argv[5] ?? '';
const OPERATIONS_PER_WRITE = 100;

const BLANK_SHARD = {task: '', updateTime: 1, manualContainerId: '', group: '', workerGroup: ''};

const keys = new Keys(PREFIX, SERVICE);
const incarnationOf = (index: number): string => `i${index}-1`;
const nameOf = (index: number): string => `${APP}-${index}`;
const shardOf = (index: number): string => `s${String(index).padStart(6, '0')}`;
const put = (key: string, value: object): Operation => ({
  op: 'put',
  key,
  value: encodeRecord(value),
});

function* everything(): Generator<Operation> {
  const spec = {service: APP, createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
  yield put(keys.appSpec(APP), spec);
  // Every app is a shard of sm's own service: that is what lists apps by name.
  yield put(keys.shardSpec(SERVICE, APP), {id: APP, service: SERVICE, ...BLANK_SHARD});
  yield put(keys.leader(), {v: 1, containerId: 'd1', incarnation: 'd1-1'});
  yield put(keys.status(APP), status({}));
  for (let index = 0; index < CONTAINERS; index += 1) {
    yield put(keys.heartbeat(APP, incarnationOf(index)), heartbeat(nameOf(index), {}));
    const value = encodeIdHolder(incarnationOf(index));
    yield {op: 'put', key: keys.containerId(APP, nameOf(index)), value};
  }
  for (let index = 0; index < SHARDS; index += 1) {
    yield put(keys.shardSpec(APP, shardOf(index)), {
      id: shardOf(index),
      service: APP,
      ...BLANK_SHARD,
    });
    yield recordOf(index, 0);
  }
}

function recordOf(index: number, turn: number): Operation {
  const home = (index + turn) % CONTAINERS;
  const owner = {container: nameOf(home), incarnation: incarnationOf(home)};
  return put(keys.ownership(APP, shardOf(index)), ownership(owner));
}

const etcd = await startEtcd({members: 1});
const store = openEtcdStore({endpoints: etcd.endpoints});
const [endpoint = ''] = etcd.endpoints;
const file = join(import.meta.dirname, 'reads-server.ts');
const child = spawn(process.execPath, ['--import', 'tsx', file, endpoint, PREFIX, SERVICE], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

async function write(then: readonly Operation[]): Promise<void> {
  const outcome = await store.transact({compares: [], then}, {timeoutMs: 10_000});
  if (outcome.kind !== 'committed') throw new Error(`not written: ${outcome.kind}`);
}

async function fill(): Promise<void> {
  let part: Operation[] = [];
  for (const operation of everything()) {
    part.push(operation);
    if (part.length < OPERATIONS_PER_WRITE) continue;
    await write(part);
    part = [];
  }
  if (part.length > 0) await write(part);
}

function keepChanging(): NodeJS.Timeout | undefined {
  if (CHANGES_PER_SECOND === 0) return undefined;
  let turn = 0;
  return setInterval(() => {
    turn += 1;
    // Whether each of them comes through does not matter.
    void write([recordOf((turn * 7_919) % SHARDS, turn)]).catch(() => undefined);
  }, 1_000 / CHANGES_PER_SECOND);
}

async function measure(what: string, read: () => Promise<unknown>): Promise<void> {
  if (!what.includes(WORD)) return;
  const samples: number[] = [];
  let before = 0;
  for (let sample = 0; sample <= SAMPLES; sample += 1) {
    const startedMs = performance.now();
    await read();
    samples.push(performance.now() - startedMs);
    if (sample === 0) before = cpuMsOf(child.pid);
  }
  const cpu = (cpuMsOf(child.pid) - before) / SAMPLES;
  const [first = 0, ...rest] = samples;
  const figures = [percentile(rest, 0.5), percentile(rest, 0.9), first].map((ms) => ms.toFixed(0));
  console.log(
    `| ${[what, `${cpu.toFixed(1)} ms`, ...figures.map((ms) => `${ms} ms`)].join(' | ')} |`,
  );
}

/** Of all threads of a process, ms; known to 10 ms. */
function cpuMsOf(pid: number | undefined): number {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const [user = 0, system = 0] = text.slice(text.lastIndexOf(')')).split(' ').slice(12).map(Number);
  return 10 * (user + system);
}

try {
  await fill();
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const server = `http://127.0.0.1:${Number(port)}`;
  const client = new AdminClient({server, timeoutMs: 120_000});
  const changing = keepChanging();
  const one = {service: APP};
  console.log(`${SHARDS} shards, ${CONTAINERS} containers, ${CHANGES_PER_SECOND} changes a second`);
  console.log(
    `| read | CPU each (n=${SAMPLES}) | p50 | p90 | the first |\n| --- | --- | --- | --- | --- |`,
  );
  await measure('`sm shard ls`: the first page of 1,000', () => client.call('getShards', one));
  await measure('`sm shard ls --state failed`', () =>
    client.call('getShards', {...one, state: 'failed'}),
  );
  await measure('`sm app get`', () => client.call('getApp', one));
  await measure('`sm container ls`', () => client.call('getContainers', one));
  await measure('`sm shard get`', () =>
    client.call('getShards', {...one, shardId: shardOf(SHARDS / 2)}),
  );
  await measure('`sm shard why`', () => client.call('why', {...one, shardId: shardOf(SHARDS / 2)}));
  await measure('`sm moves ls`', () => client.call('moves', one));
  await measure('`sm container can-stop`', () =>
    client.call('canStop', {...one, containers: [nameOf(0)], dryRun: true}),
  );
  await measure('`sm plan`', () => client.call('plan', one));
  await measure('`sm plan --without`', () => client.call('plan', {...one, without: [nameOf(0)]}));
  await measure('`sm wait app --for balanced`', () =>
    client.call('waitCheck', {...one, kind: 'app', for: 'balanced'}),
  );
  await measure('`sm events`', () => client.call('events', one));
  clearInterval(changing);
  client.close();
} finally {
  child.kill('SIGKILL');
  await store.close();
  await etcd.stop();
}
