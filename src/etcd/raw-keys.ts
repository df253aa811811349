/** Keys and values as bytes, for what must be copied whatever it holds. Reads in pages at one revision; writes are never repeated. */
import {SmError} from '../model/errors.ts';
import {openEndpoint, statusKeyOf} from './connection.ts';
import type {EndpointClient, EtcdOptions} from './connection.ts';
import {translateError} from './foreign-errors.ts';
import {rightToRead, rightToReadFrom, rightToWrite} from './rights.ts';
import {endOfPrefix, safeRevision} from './wire.ts';
import type {IDuplexWatchStream, WireKeyValue} from './wire.ts';
import {CALL_LIMIT_MS, PAGE_KEYS} from './limits.ts';

export interface RawEntry {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly mod: number;
}

export interface RawTransaction {
  /** Each key must have this mod revision; 0: it must not exist. */
  readonly expected: readonly {readonly key: Buffer; readonly mod: number}[];
  readonly puts?: readonly {readonly key: Buffer; readonly value: Buffer}[];
  readonly deletes?: readonly Buffer[];
}

export class RawKeys {
  private readonly clients: readonly EndpointClient[];
  private client: EndpointClient | undefined;
  /** The user may read it, whether it is there or not. */
  readonly statusKey: Buffer;

  /** Connects lazily. @throws SmError INVALID_INPUT without an endpoint. */
  constructor(options: EtcdOptions) {
    if (options.endpoints.length === 0)
      throw new SmError('INVALID_INPUT', 'no etcd endpoint is given');
    this.statusKey = statusKeyOf(options);
    const limited = {...options, timeoutMs: options.timeoutMs ?? CALL_LIMIT_MS};
    this.clients = options.endpoints.map((endpoint) => openEndpoint(endpoint, limited));
  }

  /** Takes the first endpoint that answers. @throws SmError STORE_UNAVAILABLE, STORE_AUTH: what the last one said. */
  async status(): Promise<{clusterId: string; revision: number}> {
    let fault: SmError | undefined;
    for (const client of this.client === undefined ? this.clients : [this.client]) {
      try {
        const {header} = await client.kv.range({key: this.statusKey, count_only: true});
        this.client = client;
        return {clusterId: header.cluster_id, revision: safeRevision(header.revision)};
      } catch (error) {
        fault = translateError(error, rightToRead([text(this.statusKey)]));
      }
    }
    throw fault ?? new SmError('STORE_UNAVAILABLE', 'no etcd endpoint answers');
  }

  /** Everything that begins with the prefix, in the order of keys. Default revision: the newest. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
  async list(
    prefix: string,
    atRevision?: number,
  ): Promise<{revision: number; entries: RawEntry[]}> {
    const entries: RawEntry[] = [];
    let from = Buffer.from(prefix);
    const end = endOfPrefix(from);
    let revision = atRevision;
    for (;;) {
      const at = revision === undefined ? {} : {revision: String(revision)};
      const right = rightToReadFrom(text(from));
      const reply = await this.call(
        ({kv}) => kv.range({key: from, range_end: end, limit: PAGE_KEYS, ...at}),
        right,
      );
      revision ??= safeRevision(reply.header.revision);
      for (const kv of reply.kvs) entries.push(rawEntry(kv as unknown as WireKeyValue));
      const last = entries.at(-1);
      if (!reply.more || last === undefined) return {revision, entries};
      from = Buffer.concat([last.key, Buffer.from([0])]);
    }
  }

  /** Whether the store can still be read as it was at this revision. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
  async isKept(revision: number): Promise<boolean> {
    return this.call(async ({kv}) => {
      const range = {key: this.statusKey, count_only: true, revision: String(revision)};
      return kv.range(range).then(
        () => true,
        (error: unknown) => {
          if (/compacted/.test(String(error))) return false;
          throw error;
        },
      );
    });
  }

  /** Whether it was applied. @throws SmError STORE_UNAVAILABLE, STORE_AUTH; then it may have been applied or not. */
  async transact({expected, puts = [], deletes = []}: RawTransaction): Promise<boolean> {
    const keys = [...expected, ...puts].map(({key}) => text(key));
    const right = rightToWrite([...keys, ...deletes.map(text)]);
    const request = {
      compare: expected.map(({key, mod}) => ({
        key,
        result: 'Equal' as const,
        target: 'Mod' as const,
        mod_revision: String(mod),
      })),
      success: [
        ...puts.map((put) => ({request_put: put})),
        ...deletes.map((key) => ({request_delete_range: {key}})),
      ],
      failure: [],
    };
    const reply = await this.call(({kv}) => kv.txn(request), right);
    return reply.succeeded;
  }

  /** A fresh watch stream on the endpoint that answers. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
  async openWatch(): Promise<IDuplexWatchStream> {
    return this.call(async ({watch}) => (await watch.watch()) as unknown as IDuplexWatchStream);
  }

  /** The next call takes whichever endpoint answers first. */
  leaveEndpoint(): void {
    this.client = undefined;
  }

  close(): void {
    for (const client of this.clients) client.close();
  }

  /** `right`: what has to be allowed for it, where that is more than to read a prefix that was read before. */
  private async call<T>(work: (client: EndpointClient) => Promise<T>, right = ''): Promise<T> {
    if (this.client === undefined) await this.status();
    const [client] = this.client === undefined ? this.clients : [this.client];
    if (client === undefined) throw new SmError('STORE_UNAVAILABLE', 'no etcd endpoint answers');
    try {
      return await work(client);
    } catch (error) {
      throw translateError(error, right);
    }
  }
}

function text(key: Buffer): string {
  return key.toString('utf8');
}

function rawEntry({key, value, mod_revision}: WireKeyValue): RawEntry {
  return {key, value, mod: safeRevision(mod_revision)};
}
