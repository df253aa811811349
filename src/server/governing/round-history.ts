/** Short histories of an app: one key a round, named by time, so that names sort; the oldest rounds go. */
import type {Clock} from '../../runtime/clock.ts';
import {encodeRecord} from '../../protocol/records.ts';
import type {Operation, Store} from '../../store/port.ts';
import {DROPS_PER_ROUND, ROUNDS_KEPT} from './limits.ts';

export class RoundHistory {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly prefix: string;
  private rounds: string[] | undefined;
  private number = 0;

  constructor({store, clock}: {store: Store; clock: Clock}, prefix: string) {
    this.store = store;
    this.clock = clock;
    this.prefix = prefix;
  }

  /** The operations that write a round and delete what has become too old. */
  async round(items: readonly object[]): Promise<Operation[]> {
    const known = this.rounds ?? (await this.listed());
    this.number += 1;
    const at = String(Math.floor(this.clock.wallMs())).padStart(14, '0');
    const key = `${this.prefix}${at}-${String(this.number % 10_000).padStart(4, '0')}`;
    const rounds = [...(known ?? []), key];
    const tooMany = Math.max(0, rounds.length - ROUNDS_KEPT);
    const old = rounds.splice(0, Math.min(DROPS_PER_ROUND, tooMany));
    // What could not be listed is listed with the next round, else it would stay for ever.
    if (known !== undefined) this.rounds = rounds;
    return [
      {op: 'put', key, value: encodeRecord(items)},
      ...old.map((gone): Operation => ({op: 'delete', key: gone})),
    ];
  }

  private async listed(): Promise<string[] | undefined> {
    const read = await this.store.list([this.prefix]).catch(() => undefined);
    return read?.entries.map(({key}) => key);
  }
}
