/** What a daemon puts down by itself for the morning after: an outage of the store, once a write commits again, a leader that was lost, and its own end where it led. */
import type {Keys} from '../../etcd/keys.ts';
import type {AppEvent, ContainerEvent, OutageEvent} from '../../model/audit.ts';
import type {StoreWrites} from '../../model/store-writes.ts';
import type {Clock} from '../../runtime/clock.ts';
import type {Operation, Store} from '../../store/port.ts';
import {RoundHistory} from './round-history.ts';

export class OwnEvents {
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
  outage(outage: StoreWrites): OutageEvent | undefined {
    if (outage.kind === 'committing' || outage.sinceMs === 0) return undefined;
    const at = new Date(this.options.clock.wallMs()).toISOString();
    const since = new Date(outage.sinceMs).toISOString();
    // When it began stands beside it.
    const cause = outage.reason === '' ? 'the store gave no reason' : outage.reason;
    return {kind: 'outage', at, since, cause, daemon: this.daemon};
  }

  /** The leader's key was taken away: it was silent, or had ended without giving the key back. */
  leaderLost(container: string, incarnation: string): ContainerEvent {
    const at = new Date(this.options.clock.wallMs()).toISOString();
    return {container, incarnation, at, state: 'lost', before: 'silent'};
  }

  /** A leader leaves in order. Of any other daemon the leader's governor of sm says so. */
  leaderGone(incarnation: string): ContainerEvent {
    const at = new Date(this.options.clock.wallMs()).toISOString();
    return {container: this.daemon, incarnation, at, state: 'gone', before: 'leaving'};
  }

  /** Writes the event, to be called again where it throws: that writes it under the same key. @throws SmError STORE_UNAVAILABLE. */
  writing(event: AppEvent): () => Promise<void> {
    let round: Promise<Operation[]> | undefined;
    return async () => {
      const then = await (round ??= this.rounds.round([event]));
      const outcome = await this.options.store.transact({compares: [], then});
      if (outcome.kind === 'unknown') throw outcome.error;
      this.rounds.written(then);
    };
  }
}
