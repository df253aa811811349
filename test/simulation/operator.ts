/** The operator: the daemons' real admin services on a store of its own, as `sm` would call them through a daemon that works. */
import {AppViews} from '../../src/appview/app-views.ts';
import type {Keys} from '../../src/etcd/keys.ts';
import {COMMITTING} from '../../src/model/store-writes.ts';
import {plan} from '../../src/planner/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {createAdminHandlers} from '../../src/server/admin/handlers.ts';
import type {AdminHandlers, Caller} from '../../src/server/http/dependencies.ts';
import {SimProcess} from './process.ts';
import {SimulatedStore} from './simulated-store.ts';
import type {StoreServer} from './simulated-store.ts';

/** What goes wrong is tried again after so long. */
const AGAIN_MS = 300;

export class Operator {
  private readonly process: SimProcess;
  private readonly admin: AdminHandlers;
  private readonly caller: Caller;

  constructor(server: StoreServer, keys: Keys, epoch: () => number, oldRightsMs: () => number) {
    this.process = new SimProcess(server.world, 'operator', {rate: 1, offsetMs: 0});
    const store = new SimulatedStore(server, this.process);
    const {clock} = this.process;
    this.admin = createAdminHandlers({
      store,
      keys,
      views: new AppViews({store, keys, clock, logger: silentLogger, unknownSince: () => ''}),
      service: keys.service,
      version: '0',
      wallMs: () => this.process.clock.wallMs(),
      epoch,
      sleep: (durationMs) => this.process.clock.sleep(durationMs),
      writes: () => COMMITTING,
      oldRightsMs,
      plan,
    });
    const {signal} = new AbortController();
    this.caller = {address: 'operator', requestId: '', who: 'operator', apps: 'all', signal};
  }

  /** Asks once; a refusal is what an operator lives with. */
  ask(what: string, work: (admin: AdminHandlers, caller: Caller) => Promise<unknown>): void {
    void this.attempt(what, work);
  }

  /** Asks until it is done. */
  insist(
    what: string,
    work: (admin: AdminHandlers, caller: Caller) => Promise<unknown>,
    done: () => void = () => undefined,
  ): void {
    const again = (isDone: boolean): void => {
      if (isDone) done();
      else this.process.after(AGAIN_MS, () => this.insist(what, work, done));
    };
    void this.attempt(what, work).then(again);
  }

  private attempt(
    what: string,
    work: (admin: AdminHandlers, caller: Caller) => Promise<unknown>,
  ): Promise<boolean> {
    const {world} = this.process;
    return new Promise((resolve) => {
      world.as(this.process, () => {
        work(this.admin, this.caller).then(
          () => {
            world.note(`operator: ${what}`);
            resolve(true);
          },
          (error: unknown) => {
            world.note(`operator: ${what}: ${String(error)}`);
            resolve(false);
          },
        );
      });
    });
  }
}
