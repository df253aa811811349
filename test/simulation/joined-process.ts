/** A container as an application has it: JoinedContainer on the real store and the real clocks; only the sockets are the world's. */
import {createSystemClock} from '../../src/runtime/clock.ts';
import type {Logger} from '../../src/runtime/logger.ts';
import {JoinedContainer} from '../../src/container/joined-container.ts';
import {processMetrics} from '../../src/container/metrics.ts';
import type {SessionDriver} from '../../src/container/session-driver.ts';
import type {ShardHooks} from '../../src/container/shard.ts';
import {checkJoinOptions} from '../../src/container/options.ts';
import {SmError} from '../../src/model/errors.ts';
import type {DriverEnd} from '../../src/container/session-driver-options.ts';
import {TransactionBatcher} from '../../src/store/batcher.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {EtcdStore} from '../../src/store/etcd-store.ts';
import type {SimProcess} from './process.ts';
import {simulatedEndpoint} from './simulated-etcd.ts';
import {askHandler} from './simulated-http.ts';
import type {HttpNetwork} from './simulated-http.ts';
import type {StoreServer} from './simulated-store.ts';

/** Members of the etcd cluster. */
export const ENDPOINTS = ['e0:2379', 'e1:2379', 'e2:2379'];

export interface RealStores {
  readonly store: EtcdStore;
  readonly heartbeatStore: EtcdStore;
  readonly batcher: TransactionBatcher;
}

export function realStores(server: StoreServer, process: SimProcess): RealStores {
  const etcd = {endpoints: ENDPOINTS, open: simulatedEndpoint(server, process)};
  const store = openEtcdStore(etcd);
  const heartbeatStore = openEtcdStore(etcd);
  return {store, heartbeatStore, batcher: new TransactionBatcher(store)};
}

export interface JoiningOptions {
  readonly app: string;
  readonly process: SimProcess;
  readonly server: StoreServer;
  readonly http: HttpNetwork;
  readonly container: string;
  /** host:port. */
  readonly endpoint: string;
  readonly ttlMs: number;
  readonly hookLimitMs: number;
  readonly logger: Logger;
  readonly hooks: ShardHooks;
  readonly onJoined: (driver: SessionDriver) => void;
  readonly onEnded: (how: DriverEnd) => void;
}

/** Shorter than many a fault: what nobody has moved away is then released, and at its end the process goes with its heartbeat standing. */
const LEAVE_TIMEOUT_MS = 12_000;

const ENDS: Readonly<Record<string, DriverEnd>> = {
  CLONED: 'cloned',
  ID_TAKEN: 'refused',
  INTERNAL: 'broken',
};

export class JoinedProcess {
  private readonly options: JoiningOptions;
  private joined: JoinedContainer | undefined;

  constructor(options: JoiningOptions) {
    this.options = options;
  }

  /** The session driver inside; undefined until the app was found. */
  get driver(): SessionDriver | undefined {
    return this.joined?.['driver'];
  }

  /** As a program does that calls `joinApp` and ends when that fails. */
  async run(): Promise<void> {
    const {process, server, http, endpoint, hooks, onJoined, onEnded} = this.options;
    const {store, heartbeatStore, batcher} = realStores(server, process);
    const release = async (): Promise<void> => {
      await Promise.all([store.close(), heartbeatStore.close()]);
    };
    const connections = {store, heartbeatStore, batcher, release};
    const joined = new JoinedContainer(this.joining(), connections, hooks, createSystemClock());
    this.joined = joined;
    http.listen(endpoint, process, (request) => askHandler(joined.handler, request));
    try {
      await joined.open();
      unmeasured(joined);
      if (this.driver !== undefined) onJoined(this.driver);
      onEnded(await joined.ended);
    } catch (error) {
      onEnded((error instanceof SmError ? ENDS[error.code] : undefined) ?? 'evicted');
    }
  }

  leave(): void {
    if (this.driver !== undefined) void this.joined?.leave();
  }

  private joining(): ReturnType<typeof checkJoinOptions> {
    const {app, container, endpoint, ttlMs, hookLimitMs, logger} = this.options;
    const [host = '', port = ''] = endpoint.split(':');
    return checkJoinOptions({
      ...{app, endpoints: ENDPOINTS, id: container, host, port: Number(port), attach: true},
      ...{ttlMs, addTimeoutMs: hookLimitMs, dropTimeoutMs: hookLimitMs, logger},
      leaveTimeoutMs: LEAVE_TIMEOUT_MS,
    });
  }
}

/** Metrics are of a whole process and end with it: here they would keep every world that has been, and nobody scrapes them. */
function unmeasured(joined: JoinedContainer): void {
  processMetrics['containers'].delete(joined);
}
