/** A Member on a store in memory, and what a governor would write for it. */
import {SessionDriver} from '../../src/container/session-driver.ts';
import type {SessionDriverOptions} from '../../src/container/session-driver-options.ts';
import type {ShardHooks} from '../../src/container/shard.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {RECORD_VERSION} from '../../src/model/ownership.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {DriverEnd} from '../../src/container/session-driver-options.ts';
import {decodeOwnership, encodeRecord} from '../../src/protocol/records.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {TransactionBatcher} from '../../src/store/batcher.ts';
import {awakeClock} from '../support/awake-clock.ts';
import {MemoryStore} from '../support/memory-store.ts';
import {LONG_MS, until} from '../support/until.ts';

const APP = 'app';
const CONTAINER = 'c1';

export class SessionDriverBed {
  readonly store = new MemoryStore();
  readonly keys = new Keys('/sm', 'sm');
  readonly driver: SessionDriver;
  ended: DriverEnd | undefined;
  private ready = false;

  /** `over`: what is other than usual; `ttlMs`: T, default 60 s. */
  constructor(hooks: ShardHooks, over: Partial<SessionDriverOptions> = {}, ttlMs = 60_000) {
    const {store, keys} = this;
    this.driver = new SessionDriver({
      app: APP,
      keys,
      store,
      batcher: new TransactionBatcher(store),
      heartbeatStore: store,
      clock: awakeClock(),
      logger: silentLogger,
      identity: {
        v: RECORD_VERSION,
        container: CONTAINER,
        ttlMs,
        endpoint: '',
        host: '',
        pid: 1,
        bootId: '',
        zone: '',
        labels: {},
        version: '',
        sdk: '',
      },
      epoch: 1,
      addTimeoutMs: LONG_MS,
      dropTimeoutMs: LONG_MS,
      refuseTakenId: false,
      readyAtClaim: false,
      hooks,
      onReady: () => (this.ready = true),
      onEnded: (how) => (this.ended = how),
      ...over,
    });
  }

  async start(): Promise<void> {
    this.driver.start();
    await until(() => this.ready, LONG_MS, 'the container is ready');
  }

  /** Gives the shards to the container, `hinted`: with their records, or to another incarnation that has claimed them, all at once. */
  async give(shards: readonly string[], to: 'assigned' | 'hinted' | 'lost'): Promise<void> {
    const {keys, driver} = this;
    const {incarnation} = driver.session;
    const record = {
      v: RECORD_VERSION,
      state: to === 'lost' ? 'owned' : 'assigned',
      container: CONTAINER,
      incarnation: to === 'lost' ? 'another' : incarnation,
      token: '',
      ready: false,
      move: null,
      failures: 0,
      lastError: '',
    };
    const outcome = await this.store.transact({
      compares: [],
      then: shards.flatMap((shard) => [
        {op: 'put' as const, key: keys.shardSpec(APP, shard), value: spec(shard)},
        {op: 'put' as const, key: keys.ownership(APP, shard), value: encodeRecord(record)},
      ]),
    });
    if (outcome.kind === 'unknown') throw outcome.error;
    const hinted = to === 'hinted' ? encodeRecord(record) : undefined;
    for (const shard of shards) driver.hint(incarnation, shard, outcome.revision, hinted);
  }

  record(shard: string): OwnershipRecord | undefined {
    const decoded = decodeOwnership(
      this.store.kv.get(this.keys.ownership(APP, shard))?.value ?? '',
    );
    return decoded.ok ? decoded.value : undefined;
  }

  /** Waits until the record is as wanted; an unreadable one is none. */
  untilRecord(
    shard: string,
    wanted: (record: OwnershipRecord) => boolean,
    what: string,
  ): Promise<OwnershipRecord> {
    const look = (): OwnershipRecord | undefined => {
      const record = this.record(shard);
      return record !== undefined && wanted(record) ? record : undefined;
    };
    return until(look, LONG_MS, what);
  }
}

function spec(shard: string): string {
  return encodeRecord({
    id: shard,
    service: APP,
    task: '',
    updateTime: 0,
    manualContainerId: '',
    group: '',
    workerGroup: '',
  });
}
