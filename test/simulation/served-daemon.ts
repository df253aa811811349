/** A daemon as `sm serve` runs it, but for its admin API: its real wiring, store, clocks and callers; only the sockets are the world's. */
import type {Keys} from '../../src/etcd/keys.ts';
import type {SessionDriver} from '../../src/container/session-driver.ts';
import type {ServerConfig} from '../../src/config/index.ts';
import {plan} from '../../src/planner/index.ts';
import {HINT_PATHS} from '../../src/protocol/hints.ts';
import {createSystemClock, watchingClock} from '../../src/runtime/clock.ts';
import {openWhenReachable} from '../../src/server/etcd-start.ts';
import type {OpenedStores} from '../../src/server/etcd-start.ts';
import {GoverningDaemon} from '../../src/server/governing-daemon.ts';
import {HintSender} from '../../src/server/governing/hint-sender.ts';
import {HoldingsCaller} from '../../src/server/governing/holdings-audit.ts';
import {ensureOwnSpec} from '../../src/server/governing/own-spec.ts';
import {receiveHints} from '../../src/server/hint-routes.ts';
import {seenHistory} from '../../src/store/seen-history.ts';
import type {Checker} from './checker.ts';
import {identity} from './container-node.ts';
import type {Daemon} from './daemon-node.ts';
import {ENDPOINTS} from './joined-process.ts';
import type {SimProcess} from './process.ts';
import {simulatedEndpoint} from './simulated-etcd.ts';
import type {HttpNetwork, HttpReply, HttpRequest} from './simulated-http.ts';
import {simulatedLogger} from './simulated-logger.ts';
import type {StoreServer} from './simulated-store.ts';

export interface ServedDaemonOptions {
  readonly keys: Keys;
  readonly process: SimProcess;
  readonly address: string;
  readonly ttlMs: number;
  readonly server: StoreServer;
  readonly http: HttpNetwork;
  readonly checker: Checker;
  readonly onGone: (node: Daemon) => void;
}

const SHUTDOWN_LIMIT_MS = 15_000;

export class ServedDaemon implements Daemon {
  readonly process: SimProcess;
  readonly address: string;
  private readonly options: ServedDaemonOptions;
  private readonly logger: ReturnType<typeof simulatedLogger>;
  private governing: GoverningDaemon | undefined;
  private closeStores: () => Promise<void> = () => Promise.resolve();

  constructor(options: ServedDaemonOptions) {
    const {process, address, checker} = options;
    this.options = options;
    this.process = process;
    this.address = address;
    this.logger = simulatedLogger(process, checker);
  }

  get incarnation(): string {
    return this.governing?.driver.session.incarnation ?? '';
  }

  get leads(): boolean {
    return this.governing?.leads === true;
  }

  /** Apps that it governs now. */
  get apps(): readonly string[] {
    return this.governing?.governors.apps ?? [];
  }

  get epoch(): number {
    return this.governing?.epoch ?? 0;
  }

  start(): void {
    const {process, address, http} = this.options;
    http.listen(address, process, (request) => this.answer(request));
    process.world.as(process, () => {
      this.open().catch((error: unknown) => this.ended(String(error)));
    });
  }

  /** As at SIGTERM: hands the apps over, resigns, goes. */
  shutdown(): void {
    const {process} = this;
    process.touched = true;
    process.world.as(process, () => {
      const {governing} = this;
      if (governing === undefined) return this.ended('shut down before it was up');
      void governing.shutdown(SHUTDOWN_LIMIT_MS).then(() => this.ended('shut down'));
    });
  }

  kill(): void {
    this.options.http.close(this.address, this.process);
    this.process.kill();
  }

  private async open(): Promise<void> {
    const {keys, server, process, ttlMs} = this.options;
    const config = {endpoints: ENDPOINTS, etcd: {}} as unknown as ServerConfig;
    const openEndpoint = simulatedEndpoint(server, process);
    const stores = await openWhenReachable({config, logger: this.logger, openEndpoint}, keys);
    const clock = watchingClock(createSystemClock());
    this.closeStores = async () => {
      await Promise.all([stores.store.close(), stores.heartbeatStore.close()]);
      clock.close();
    };
    if (stores.cluster.doubt === undefined) await ensureOwnSpec(stores.store, keys, clock.wallMs());
    const governing = this.newGoverning(stores, clock, ttlMs);
    this.governing = governing;
    this.observe(governing);
    governing.start();
  }

  private newGoverning(
    {store, heartbeatStore, leases, cluster}: OpenedStores,
    clock: ReturnType<typeof watchingClock>,
    ttlMs: number,
  ): GoverningDaemon {
    const {keys, process, http} = this.options;
    const {address, logger} = this;
    const dispatcher = http.dispatcher(process);
    const calls = {logger, allowLoopback: true, dispatcher};
    return new GoverningDaemon({
      onAudited: () => undefined,
      ...{keys, store, heartbeatStore, leases, cluster, clock, logger, plan},
      history: seenHistory(heartbeatStore, store),
      identity: identity(address, address, ttlMs),
      compaction: 'off',
      hints: new HintSender(calls),
      daemonHints: new HintSender(calls),
      holdings: new HoldingsCaller(calls),
      push: undefined,
      onReady: () => process.world.note(`ready ${process.name}`),
      onEnded: (how) => this.ended(how),
    });
  }

  /** Governing an app is acting for a shard of sm's own. */
  private observe({driver, governors}: GoverningDaemon): void {
    const {keys, checker, process} = this.options;
    const {service} = keys;
    checker.joined(service, process, driver);
    const start = governors.start.bind(governors);
    const stop = governors.stop.bind(governors);
    governors.start = (app, fencingKey, silence) => {
      process.world.note(`govern ${app} ${process.name}`);
      const shard = driver.shards.get(app);
      if (app !== service && shard !== undefined) checker.added(service, process, driver, shard);
      start(app, fencingKey, silence);
    };
    governors.stop = (app) => {
      this.noteStop(app, driver);
      stop(app);
    };
  }

  private noteStop(app: string, driver: SessionDriver): void {
    const {keys, checker, process} = this.options;
    const reason: unknown = driver.shards.get(app)?.signal.reason;
    if (app !== keys.service && (reason === 'fenced' || reason === 'lost'))
      checker.dropping(keys.service, process, app, reason);
  }

  private async answer({method, path, body}: HttpRequest): Promise<HttpReply> {
    if (this.governing === undefined || method !== 'POST' || path !== HINT_PATHS.hints)
      return {status: 404, body: ''};
    const {service} = this.options.keys;
    const accepted = receiveHints(JSON.parse(body), service, this.governing.driver);
    return {status: 202, body: JSON.stringify({accepted})};
  }

  private ended(how: string): void {
    this.process.world.note(`ended ${this.process.name} ${how}`);
    this.governing?.stop();
    void this.closeStores().then(() => this.options.onGone(this));
  }
}
