/**
 * Containers by the thousand in one process, for `npm run bench:stalls`: each beats, answers what it holds through the real receiver, and takes and lets go what it is
 * hinted at, at once. The bed first has them own shards, as they would after hours of service. Spoken to by IPC.
 */
import {performance} from 'node:perf_hooks';
import {CallKeyring} from '../../src/container/call-keyring.ts';
import {openReceiver} from '../../src/container/receiver.ts';
import type {HintTarget} from '../../src/container/receiver.ts';
import {Keys} from '../../src/etcd/keys.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {formatToken} from '../../src/model/token.ts';
import {encodeIdHolder} from '../../src/protocol/container-id.ts';
import {decodeOwnership, encodeRecord} from '../../src/protocol/records.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {Compare, Operation} from '../../src/store/port.ts';
import {heartbeat, ownership} from '../server/admin/fixture.ts';

export interface FleetOptions {
  readonly endpoint: string;
  readonly prefix: string;
  readonly service: string;
  readonly app: string;
  readonly shards: number;
  readonly containers: number;
  readonly ttlMs: number;
}

/** What is asked of the fleet; each is answered by `FleetReply` once it is done. */
export type FleetRequest =
  | {readonly kind: 'fill'}
  /** So many more containers register. */
  | {readonly kind: 'join'; readonly count: number}
  /** The container falls silent for ever. */
  | {readonly kind: 'lose'; readonly container: number}
  | {readonly kind: 'count'};

export interface FleetReply {
  /** Shards that are owned and ready, and on how many containers. */
  readonly owned: number;
  readonly owners: number;
  /** Shards that a container has taken since the fleet began. */
  readonly taken: number;
}

const OPERATIONS_PER_WRITE = 100;
const WRITES_AT_ONCE = 8;
const BEATS_EVERY_MS = 20;
const WRITE_LIMIT_MS = 60_000;
const BLANK_SHARD = {task: '', updateTime: 1, manualContainerId: '', group: '', workerGroup: ''};

const options = JSON.parse(process.argv[2] ?? '{}') as FleetOptions;
const {app} = options;
const keys = new Keys(options.prefix, options.service);
const store = openEtcdStore({endpoints: [options.endpoint]});
const keyring = new CallKeyring({
  value: undefined,
  read: async () => (await store.get(keys.callKeys(app))).entry?.value,
  requireSigned: false,
  nowMs: () => performance.now(),
});
const targets = new Set<HintTarget>();
const containers: SimulatedContainer[] = [];
let endpoint = '';
let taken = 0;

function put(key: string, value: object): Operation {
  return {op: 'put', key, value: encodeRecord(value)};
}

async function write(
  then: readonly Operation[],
  compares: readonly Compare[] = [],
): Promise<number | undefined> {
  const transaction = {compares, then};
  const outcome = await store.transact(transaction, {timeoutMs: WRITE_LIMIT_MS});
  if (outcome.kind === 'unknown') throw outcome.error;
  return outcome.kind === 'committed' ? outcome.revision : undefined;
}

async function writeAll(operations: Iterator<Operation>): Promise<void> {
  const worker = async (): Promise<void> => {
    for (;;) {
      const part: Operation[] = [];
      while (part.length < OPERATIONS_PER_WRITE) {
        const {value, done} = operations.next();
        if (done === true) break;
        part.push(value);
      }
      if (part.length === 0) return;
      await write(part);
    }
  };
  await Promise.all(Array.from({length: WRITES_AT_ONCE}, worker));
}

class SimulatedContainer implements HintTarget {
  readonly app = app;
  readonly container: string;
  readonly incarnation: string;
  readonly keyring = keyring;
  /** By shard: its token. */
  readonly shards = new Map<string, string>();
  isLost = false;
  private seq = 1;

  constructor(index: number) {
    this.container = `c${index}`;
    this.incarnation = `i${index}-1`;
  }

  get endpoint(): string {
    return endpoint;
  }

  register(): Operation[] {
    const idKey = keys.containerId(app, this.container);
    return [this.beat(), {op: 'put', key: idKey, value: encodeIdHolder(this.incarnation)}];
  }

  beat(): Operation {
    this.seq += 1;
    const said: Partial<Heartbeat> = {seq: this.seq, ttlMs: options.ttlMs, endpoint};
    return put(keys.heartbeat(app, this.incarnation), heartbeat(this.container, said));
  }

  owns(shard: string, revision: number): Operation {
    const token = formatToken({epoch: 1, revision});
    this.shards.set(shard, token);
    const {container, incarnation} = this;
    return put(keys.ownership(app, shard), ownership({container, incarnation, token}));
  }

  hint(_incarnation: string, shard: string, _revision: number, record?: string): void {
    if (this.isLost) return;
    void this.follow(shard, record).catch(() => undefined);
  }

  holdings(): ReturnType<HintTarget['holdings']> {
    const {container, incarnation} = this;
    const shards = [...this.shards].map(([id, token]) => ({
      ...{id, token, state: 'running', ready: true, stuck: false},
    }));
    return {app, container, incarnation, shards};
  }

  notReady(): string {
    return '';
  }

  notes(): readonly string[] {
    return [];
  }

  /** Takes what is assigned to it, and lets go what it is to drop. */
  private async follow(shard: string, hinted: string | undefined): Promise<void> {
    const key = keys.ownership(app, shard);
    const entry = hinted === undefined ? (await store.get(key)).entry : undefined;
    const decoded = decodeOwnership(hinted ?? entry?.value ?? '');
    if (!decoded.ok || decoded.value.incarnation !== this.incarnation) return;
    const same: Compare =
      entry === undefined
        ? {key, target: 'value', op: '=', value: hinted ?? ''}
        : {key, target: 'mod', op: '=', value: entry.mod};
    const {value} = decoded;
    if (value.state === 'assigned') await this.take(shard, value, same);
    else if (value.state === 'dropping') await this.letGo(shard, value, same);
  }

  private async take(shard: string, value: OwnershipRecord, same: Compare): Promise<void> {
    const token = formatToken({epoch: 1, revision: store.newestRevision});
    const record = {...value, state: 'owned' as const, ready: true, token};
    if ((await write([put(keys.ownership(app, shard), record)], [same])) === undefined) return;
    this.shards.set(shard, token);
    taken += 1;
  }

  private async letGo(shard: string, value: OwnershipRecord, same: Compare): Promise<void> {
    this.shards.delete(shard);
    await write(
      [put(keys.ownership(app, shard), {...value, state: 'free' as const, ready: false})],
      [same],
    );
  }
}

function* everything(): Generator<Operation> {
  for (const one of containers) yield* one.register();
  for (let at = 0; at < options.shards; at += 1) {
    const id = `shard-${at}`;
    yield put(keys.shardSpec(app, id), {id, service: app, ...BLANK_SHARD});
    const owner = containers[at % containers.length];
    if (owner !== undefined) yield owner.owns(id, at + 1);
  }
}

function add(count: number): SimulatedContainer[] {
  const added = Array.from(
    {length: count},
    (_, at) => new SimulatedContainer(containers.length + at),
  );
  for (const one of added) targets.add(one);
  containers.push(...added);
  return added;
}

/** Each in its turn, so that beats are spread as they are in life. */
function keepBeating(): void {
  let [beaten, lastMs] = [0, performance.now()];
  setInterval(() => {
    const nowMs = performance.now();
    beaten += ((nowMs - lastMs) * containers.length) / (options.ttlMs / 5);
    lastMs = nowMs;
    for (; beaten >= 1; beaten -= 1) {
      const next = containers.shift();
      if (next === undefined) return;
      containers.push(next);
      if (!next.isLost) void write([next.beat()]).catch(() => undefined);
    }
  }, BEATS_EVERY_MS);
}

async function answer(request: FleetRequest): Promise<FleetReply> {
  if (request.kind === 'fill') {
    await writeAll(everything());
    keepBeating();
  }
  if (request.kind === 'join')
    await writeAll(
      add(request.count)
        .flatMap((one) => one.register())
        [Symbol.iterator](),
    );
  if (request.kind === 'lose') {
    const lost = containers.find(({container}) => container === `c${request.container}`);
    if (lost !== undefined) lose(lost);
  }
  const counts = containers.map(({shards}) => shards.size);
  return {
    owned: counts.reduce((sum, count) => sum + count, 0),
    owners: counts.filter((count) => count > 0).length,
    taken,
  };
}

function lose(lost: SimulatedContainer): void {
  lost.isLost = true;
  lost.shards.clear();
  targets.delete(lost);
}

const receiver = await openReceiver(targets, {bind: '127.0.0.1', port: 0});
endpoint = `127.0.0.1:${receiver.port}`;
add(options.containers);
process.on('message', (request: FleetRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
process.send?.('ready');
