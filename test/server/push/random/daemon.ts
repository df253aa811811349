/** A daemon that may govern the app: governors and push gateways as the server wires them, without leadership. */
import {plan} from '../../../../src/planner/index.ts';
import type {Contact} from '../../../../src/model/contact.ts';
import type {Logger} from '../../../../src/runtime/logger.ts';
import {Governors} from '../../../../src/server/governing/governors.ts';
import type {HintSender} from '../../../../src/server/governing/hint-sender.ts';
import type {CallAnswer, PushCaller} from '../../../../src/server/push/push-caller.ts';
import {TransactionBatcher} from '../../../../src/store/batcher.ts';
import {SimProcess} from '../../../simulation/process.ts';
import {SimulatedStore} from '../../../simulation/simulated-store.ts';
import {APP} from './world.ts';
import type {PushWorld} from './world.ts';

/** T of proxy heartbeats. */
export const TTL_MS = 3_000;
const PROBE_MS = 600;
const CALL_LIMIT_MS = 2_000;
const LATE_CALL_MS = 6_000;

const NO_HINTS = {
  send: () => undefined,
  contact: () => Promise.resolve({reached: true} as const),
  close: () => Promise.resolve(),
} as unknown as HintSender;

export class PushDaemon {
  readonly process: SimProcess;
  /** Revision of its newest claim. */
  claim = 0;
  private readonly world: PushWorld;
  private readonly governors: Governors;
  private readonly store: SimulatedStore;

  constructor(world: PushWorld) {
    const {sim, server, keys, leases} = world;
    this.world = world;
    this.process = new SimProcess(sim, world.newName('d'), {rate: 1, offsetMs: 0});
    this.store = new SimulatedStore(server, this.process);
    this.governors = new Governors({
      daemon: this.process.name,
      ...{keys, store: this.store, batcher: new TransactionBatcher(this.store)},
      ...{clock: this.process.clock, logger: this.logger(), epoch: () => 1, plan},
      ...{hints: NO_HINTS, daemonHints: NO_HINTS, holdings: undefined},
      leases: leases.of(this.process),
      push: {caller: this.caller(), ttlMs: TTL_MS},
      onProbeInterval: () => undefined,
      onAudited: () => undefined,
    });
    sim.as(this.process, () => this.probe());
  }

  get governs(): boolean {
    return this.governors.apps.includes(APP);
  }

  /** The record of the app, as claimed at that revision, is this daemon's. */
  govern(revision: number): void {
    const key = this.world.keys.ownership('sm', APP);
    this.claim = revision;
    this.world.sim.as(this.process, () =>
      this.governors.start(APP, {key, target: 'mod', value: revision}),
    );
  }

  /** It is told that it governs no more by that claim. */
  stop(claim: number): void {
    this.world.sim.as(this.process, () => {
      if (this.claim === claim) this.governors.stop(APP);
    });
  }

  /** Its own heartbeat says that the store takes writes. */
  private probe(): void {
    const {world, process} = this;
    const key = world.keys.heartbeat('sm', process.name);
    void this.store
      .transact({compares: [], then: [{op: 'put', key, value: '{}'}]})
      .then(({kind}) => {
        if (kind === 'committed') this.governors.probeCommitted();
        if (this.governors.breaks.ever > 0) world.broken('a governor has broken');
      });
    process.after(PROBE_MS, () => this.probe());
  }

  private logger(): Logger {
    const {world} = this;
    const tell = (fields: object, message: string): void =>
      world.say(this.process.name, message, JSON.stringify(fields));
    const logger: Logger = {
      ...{debug: tell, info: tell, warn: tell, error: tell},
      child: () => logger,
    };
    return logger;
  }

  private caller(): PushCaller {
    const caller: Pick<PushCaller, 'call' | 'contact' | 'close'> = {
      call: (container, op, body) => this.call(container, op, body),
      contact: (container) => this.contact(container),
      close: () => Promise.resolve(),
    };
    return caller as PushCaller;
  }

  private async call(container: string, op: 'add' | 'drop', body: string): Promise<CallAnswer> {
    const {id, spec} = JSON.parse(body) as {id: string; spec?: {lease: {id: number}}};
    const status = await this.reach(container, (at) => {
      const there = this.world.containers.get(at);
      if (there?.hangs === true) return undefined;
      return there?.call(op, id, String(spec?.lease.id ?? '')) ?? 500;
    });
    this.world.say(this.process.name, op, id, 'at', container, status ?? 'no answer');
    if (status === undefined) return {kind: 'unreachable', message: 'no answer in time'};
    return status === 200 ? {kind: 'accepted'} : {kind: 'refused', message: `HTTP ${status}`};
  }

  private async contact(container: string): Promise<Contact> {
    const status = await this.reach(container, () => 200);
    return status === undefined ? {reached: false, cause: 'no answer in time'} : {reached: true};
  }

  /** The answer; undefined: there was none in time, or none at all. Whatever the caller believes, a late call arrives. */
  private reach(
    id: string,
    serve: (id: string) => number | undefined,
  ): Promise<number | undefined> {
    const {world, process} = this;
    const {random, sim} = world;
    return new Promise((resolve) => {
      process.after(CALL_LIMIT_MS, () => resolve(undefined));
      if (world.mishap(0.05)) return;
      const thereMs = world.mishap(0.2) ? random.between(0, LATE_CALL_MS) : 1;
      sim.after(thereMs, () => {
        const container = world.containers.get(id);
        if (container === undefined || container.isDeaf || !container.process.alive) return;
        container.process.deliver(0, () => {
          const status = serve(id);
          if (status !== undefined && !world.mishap(0.1)) process.deliver(1, () => resolve(status));
        });
      });
    });
  }
}
