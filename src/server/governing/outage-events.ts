/** Puts down that no write of this daemon committed for longer than T, once one commits again. */
import type {Keys} from '../../etcd/keys.ts';
import type {OutageEvent} from '../../model/audit.ts';
import type {StoreWrites} from '../../model/store-writes.ts';
import type {Clock} from '../../runtime/clock.ts';
import type {Store} from '../../store/port.ts';
import {RoundHistory} from './round-history.ts';

export class OutageEvents {
  private readonly options: {readonly store: Store; readonly clock: Clock};
  private readonly daemon: string;
  private readonly rounds: RoundHistory;

  constructor(options: {store: Store; keys: Keys; clock: Clock}, daemon: string) {
    const {keys} = options;
    this.options = options;
    this.daemon = daemon;
    this.rounds = new RoundHistory(options, keys.eventsPrefix(keys.service));
  }

  /** The event; nothing where no write had ever committed: that was a start. */
  of(outage: StoreWrites): OutageEvent | undefined {
    if (outage.kind === 'committing' || outage.sinceMs === 0) return undefined;
    const at = new Date(this.options.clock.wallMs()).toISOString();
    const since = new Date(outage.sinceMs).toISOString();
    // When it began stands beside it.
    const cause = outage.reason === '' ? 'the store gave no reason' : outage.reason;
    return {kind: 'outage', at, since, cause, daemon: this.daemon};
  }

  /** @throws SmError STORE_UNAVAILABLE. */
  async write(event: OutageEvent): Promise<void> {
    const then = await this.rounds.round([event]);
    const outcome = await this.options.store.transact({compares: [], then, otherwise: []});
    if (outcome.kind === 'unknown') throw outcome.error;
  }
}
