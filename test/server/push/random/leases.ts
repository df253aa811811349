/** Leases of the store: those of sessions end when nobody renews them, and what is attached to them goes with them. */
import type {Leases} from '../../../../src/etcd/leases.ts';
import type {SimProcess} from '../../../simulation/process.ts';
import type {PushWorld} from './world.ts';

const LOOK_MS = 100;
const MS_PER_S = 1_000;

interface Lease {
  readonly ttlS: number;
  endsAtMs: number;
  readonly keys: Set<string>;
}

export class LeaseTable {
  private readonly world: PushWorld;
  private readonly leases = new Map<string, Lease>();
  private granted = 7_000;

  constructor(world: PushWorld) {
    this.world = world;
  }

  /** Ends what is due, from now on. */
  watch(): void {
    const {sim} = this.world;
    for (const [id, {endsAtMs}] of this.leases) if (endsAtMs < sim.nowMs) this.end(id);
    sim.after(LOOK_MS, () => this.watch());
  }

  grant(ttlS: number): string {
    this.granted += 1;
    const id = String(this.granted);
    const endsAtMs = this.world.nowMs + ttlS * MS_PER_S;
    this.leases.set(id, {ttlS, endsAtMs, keys: new Set()});
    return id;
  }

  renew(id: string): boolean {
    const lease = this.leases.get(id);
    if (lease === undefined) return false;
    lease.endsAtMs = this.world.nowMs + lease.ttlS * MS_PER_S;
    return true;
  }

  /** Writes a key that goes with the lease; false: it has ended. */
  put(id: string, key: string, value: string): boolean {
    const lease = this.leases.get(id);
    if (lease === undefined) return false;
    lease.keys.add(key);
    this.world.server.operate({compares: [], then: [{op: 'put', key, value}]});
    return true;
  }

  end(id: string): void {
    const lease = this.leases.get(id);
    if (lease === undefined) return;
    this.leases.delete(id);
    this.world.say('lease ends', id);
    for (const key of lease.keys) this.world.delete(key);
  }

  /** As a daemon reaches them. */
  of(process: SimProcess): Leases {
    const called = <T>(work: () => T): Promise<T> =>
      new Promise((resolve) => {
        this.world.sim.after(1, () => {
          const answer = work();
          process.deliver(1, () => resolve(answer));
        });
      });
    return {
      grant: (ttlS) => called(() => this.grant(ttlS)),
      keepAliveOnce: (id) => called(() => this.renew(id)),
      grantedSeconds: (id) => called(() => this.leases.get(id)?.ttlS),
      revoke: (id) => called(() => this.end(id)),
      close: () => undefined,
    };
  }
}
