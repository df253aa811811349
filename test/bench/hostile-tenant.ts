/** The tenant that does harm: `tsx hostile-tenant.ts OPTIONS-AS-JSON`. Goes on until it is killed; counts what it did, each 10 s as one JSON line. */
import {connect} from 'node:net';
import type {Socket} from 'node:net';
import {setTimeout as pause} from 'node:timers/promises';
import {Keys} from '../../src/etcd/keys.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {Operation} from '../../src/store/port.ts';

const EVENT_STREAMS = 100;
const SLOW_STREAMS = 67;
const BATCHES = 3;
const SHARDS_A_BATCH = 10_000;
const WHAT_IFS = 25;
const WHAT_IF_BYTES = 1_800_000;
const JUNK_KEYS = 5_000;
const KEYS_A_WRITE = 100;

export interface TenantOptions {
  readonly app: string;
  readonly address: string;
  readonly token: string;
  readonly endpoints: readonly string[];
  readonly prefix: string;
  readonly service: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as TenantOptions;
const {app, address, token} = options;
const headers = {authorization: `Bearer ${token}`, 'content-type': 'application/json'};
const counts: Record<string, number> = {};
const count = (what: string, by = 1): void => void (counts[what] = (counts[what] ?? 0) + by);

async function post(path: string, body: object): Promise<number> {
  const answer = await fetch(`http://${address}/sm/server/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  await answer.text();
  count(`${path} ${answer.status}`);
  return answer.status;
}

async function forEver(work: () => Promise<unknown>, pauseMs: number): Promise<never> {
  for (;;) {
    await work().catch((error: unknown) => count(`failed ${String(error)}`));
    await pause(pauseMs);
  }
}

/** Reads all events, or none that are sent. */
function stream(reads: boolean): Promise<void> {
  return new Promise((resolve) => {
    const [host = '', port = ''] = address.split(':');
    const socket: Socket = connect(Number(port), host, () => {
      socket.write(
        `GET /sm/server/events/stream?service=${app} HTTP/1.1\r\nhost: ${address}\r\nauthorization: Bearer ${token}\r\n\r\n`,
      );
    });
    if (reads) socket.on('data', (data) => count('bytes of events', data.length));
    else socket.pause();
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

async function batches(at: number): Promise<void> {
  const ids = Array.from({length: SHARDS_A_BATCH}, (_, index) => `batch-${at}-${index}`);
  const shards = ids.map((shardId) => ({shardId}));
  await post('add-shards', {service: app, shards});
  await post('del-shards', {service: app, shards: ids});
}

function whatIf(): object {
  const shards: object[] = [];
  for (let bytes = 0; bytes < WHAT_IF_BYTES; bytes += 100)
    shards.push({shardId: `what-if-${shards.length}`, task: 'x'.repeat(50)});
  const declared = {maxShardCount: 0, maxRecoveryTime: 0, paused: false, shards, workerGroups: {}};
  return {service: app, declared};
}

async function junk(): Promise<void> {
  const keys = new Keys(options.prefix, options.service);
  const store = openEtcdStore({endpoints: [...options.endpoints]});
  for (let turn = 0; ; turn += 1) {
    for (let at = 0; at < JUNK_KEYS; at += KEYS_A_WRITE) {
      const then = Array.from({length: KEYS_A_WRITE}, (_, index): Operation => {
        const key = keys.pushSession(app, `junk-${at + index}`, (at + index).toString(16));
        return {op: 'put', key, value: `junk ${turn}`};
      });
      await store
        .transact({compares: [], then})
        .then(() => count('junk keys', KEYS_A_WRITE))
        .catch((error: unknown) => count(`junk ${String(error)}`));
      if (turn > 0) await pause(200);
    }
  }
}

for (let at = 0; at < EVENT_STREAMS; at += 1) void forEver(() => stream(true), 1_000);
for (let at = 0; at < SLOW_STREAMS; at += 1) void forEver(() => stream(false), 1_000);
for (let at = 0; at < BATCHES; at += 1) void forEver(() => batches(at), 500);
const body = whatIf();
for (let at = 0; at < WHAT_IFS; at += 1) void forEver(() => post('plan', body), 1_000);
void junk();
setInterval(() => process.stdout.write(`${JSON.stringify(counts)}\n`), 10_000);
