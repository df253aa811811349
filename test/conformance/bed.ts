/** The ground of a contract test: a server of either kind, a prefix and a base revision of its own. */
import {afterAll, beforeAll, beforeEach, describe} from 'vitest';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess, StoreKind} from '../support/etcd-process.ts';
import {plain, revisionOf} from './plain.ts';
import {Wire} from '../support/wire.ts';
import type {Answer, Exchange, Message} from '../support/wire.ts';

const KINDS: readonly StoreKind[] = ['etcd', 'embedded'];

/** Text as bytes, one byte a character. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export class Bed {
  readonly server: EtcdProcess;
  readonly wire: Wire;
  prefix = '';
  base = 0;
  private cases = 0;
  private open: Exchange[] = [];
  /** Of the one user, when there is one. */
  private token: string | undefined;

  constructor(server: EtcdProcess) {
    this.server = server;
    this.wire = new Wire(server.endpoint);
  }

  async login(user: NonNullable<ContractOptions['user']>): Promise<void> {
    const answer = await this.wire.call('Auth.Authenticate', user);
    this.token = (answer as {token: string}).token;
  }

  /** A fresh prefix; revisions count from what the store is at now. */
  async begin(): Promise<void> {
    this.cases += 1;
    this.prefix = `case${this.cases}/`;
    this.base = 0;
    this.base = await this.now();
  }

  /** The store's revision, relative to the base. */
  async now(): Promise<number> {
    const answer = await this.wire.call('Lease.LeaseLeases', {}, this.token);
    return revisionOf(answer as Message) - this.base;
  }

  end(): void {
    for (const exchange of this.open) exchange.close();
    this.open = [];
  }

  async stop(): Promise<void> {
    this.wire.close();
    await this.server.stop();
  }

  key(name: string): Buffer {
    return bytes(this.prefix + name);
  }

  /** The end of the range of all names of this case. */
  get end_(): Buffer {
    return bytes(`${this.prefix.slice(0, -1)}0`);
  }

  at(revision: number): string {
    return String(this.base + revision);
  }

  async call(name: string, request: object = {}, token?: string): Promise<unknown> {
    return this.plain(await this.wire.call(name, request, token));
  }

  plain(answer: Answer): Message {
    return 'code' in answer ? {...answer} : plain(answer, this);
  }

  put(name: string, value = '', more: object = {}): Promise<unknown> {
    return this.call('KV.Put', {key: this.key(name), value: bytes(value), ...more});
  }

  get(name: string, more: object = {}): Promise<unknown> {
    return this.call('KV.Range', {key: this.key(name), ...more});
  }

  /** All keys of this case. */
  all(more: object = {}): Promise<unknown> {
    return this.call('KV.Range', {key: this.key(''), range_end: this.end_, ...more});
  }

  /** Their names. */
  async names(more: object = {}): Promise<unknown> {
    const {kvs = []} = (await this.all(more)) as {kvs?: {key: string}[]};
    return kvs.map(({key}) => key);
  }

  del(name: string, more: object = {}): Promise<unknown> {
    return this.call('KV.DeleteRange', {key: this.key(name), ...more});
  }

  txn(success: readonly object[], failure: readonly object[] = [], compare: object[] = []) {
    return this.call('KV.Txn', {compare, success, failure});
  }

  putOp(name: string, value = '', more: object = {}): object {
    return {request_put: {key: this.key(name), value: bytes(value), ...more}};
  }

  getOp(name: string, more: object = {}): object {
    return {request_range: {key: this.key(name), ...more}};
  }

  delOp(name: string, more: object = {}): object {
    return {request_delete_range: {key: this.key(name), ...more}};
  }

  txnOp(success: object[], failure: object[] = [], compare: object[] = []): object {
    return {request_txn: {compare, success, failure}};
  }

  /** A stream that ends with the case. */
  stream(name: string, token?: string): Exchange {
    const exchange = this.wire.open(name, token);
    this.open.push(exchange);
    return exchange;
  }
}

export interface ContractOptions {
  /** The one who may do all; without, everybody may. */
  readonly user?: {readonly name: string; readonly password: string};
}

/** Servers without a user, which serve all contracts of a file. */
const shared = new Map<StoreKind, Promise<Bed>>();

async function open(kind: StoreKind, {user}: ContractOptions): Promise<Bed> {
  if (user !== undefined) {
    const bed = new Bed(await startEtcd({kind, user}));
    await bed.login(user);
    return bed;
  }
  const bed = shared.get(kind) ?? startEtcd({kind}).then((server) => new Bed(server));
  shared.set(kind, bed);
  return bed;
}

async function closeShared(): Promise<void> {
  const beds = [...shared.values()];
  shared.clear();
  for (const bed of beds) await (await bed).stop();
}

/** The same tests on a real etcd and on the embedded server. */
export function contract(
  title: string,
  options: ContractOptions,
  body: (bed: () => Bed, kind: StoreKind) => void,
): void {
  // In each file: files share this module.
  afterAll(closeShared);
  describe.each(KINDS)(`%s: ${title}`, (kind) => {
    let bed: Bed;
    beforeAll(async () => {
      bed = await open(kind, options);
    });
    beforeEach(async () => {
      await bed.begin();
      return () => bed.end();
    });
    if (options.user !== undefined) afterAll(() => bed.stop());
    body(() => bed, kind);
  });
}
