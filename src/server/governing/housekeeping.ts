/** Writes of a governor beside ownership records: evictions, status, move history, and the removal of an app. */
import type {Keys} from '../../etcd/keys.ts';
import type {Leases} from '../../etcd/leases.ts';
import type {GovernorAction} from '../../governor/actions.ts';
import type {FinishedMove} from '../../model/status.ts';
import {encodeRecord} from '../../protocol/records.ts';
import type {Clock} from '../../runtime/clock.ts';
import type {Logger} from '../../runtime/logger.ts';
import type {Office} from '../../store/ownership-transactions.ts';
import type {Compare, Operation, Store, TransactionOutcome} from '../../store/port.ts';
import {removeApp} from './app-removal.ts';

export interface HousekeepingOptions {
  readonly app: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly office: Office;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Chore = Exclude<GovernorAction, {type: 'write' | 'hints' | 'reread'}>;

/** Newest rounds kept: with up to 100 moves each, the newest 1,000 moves. */
const ROUNDS_KEPT = 10;
const SPECS_PER_TRANSACTION = 100;

export class Housekeeping {
  private readonly options: HousekeepingOptions;
  private readonly depose: () => void;
  private rounds: string[] | undefined;
  private roundNumber = 0;
  private removing = false;

  constructor(options: HousekeepingOptions, depose: () => void) {
    this.options = options;
    this.depose = depose;
  }

  async carryOut(chore: Chore): Promise<void> {
    switch (chore.type) {
      case 'evict':
        return this.evict(chore);
      case 'status':
        return this.put(this.options.keys.status(this.options.app), encodeRecord(chore.status));
      case 'recordMoves':
        return this.recordMoves(chore.moves);
      case 'deleteSpecs':
        return this.deleteSpecs(chore.shards);
      case 'finishRemoval':
        return this.finishRemoval();
    }
  }

  private async evict({
    container,
    incarnation,
    mod,
    idMod,
  }: Extract<Chore, {type: 'evict'}>): Promise<void> {
    const {keys, app} = this.options;
    const heartbeat = keys.heartbeat(app, incarnation);
    const compares: Compare[] = [
      this.stillGoverns(),
      {key: heartbeat, target: 'mod', op: '=', value: mod},
    ];
    const then: Operation[] = [{op: 'delete', key: heartbeat}];
    if (idMod !== 0) {
      const id = keys.containerId(app, container);
      compares.push({key: id, target: 'mod', op: '=', value: idMod});
      then.push({op: 'delete', key: id});
    }
    await this.transact(compares, then);
  }

  private async put(key: string, value: string): Promise<void> {
    await this.transact([this.stillGoverns()], [{op: 'put', key, value}]);
  }

  /** One key a round, named by time, so that names sort; the oldest rounds go. */
  private async recordMoves(moves: readonly FinishedMove[]): Promise<void> {
    const {keys, app, store, clock} = this.options;
    this.rounds ??= await store.list([keys.movesPrefix(app)]).then(
      ({entries}) => entries.map(({key}) => key),
      () => undefined,
    );
    this.roundNumber += 1;
    const round = `${String(Math.floor(clock.wallMs())).padStart(14, '0')}-${String(this.roundNumber % 10_000).padStart(4, '0')}`;
    const key = keys.moves(app, round);
    const rounds = [...(this.rounds ?? []), key];
    const old = rounds.splice(0, Math.max(0, rounds.length - ROUNDS_KEPT));
    const drops = old.slice(0, 50).map((gone): Operation => ({op: 'delete', key: gone}));
    await this.transact(
      [this.stillGoverns()],
      [{op: 'put', key, value: JSON.stringify(moves)}, ...drops],
    );
    this.rounds = rounds;
  }

  private async deleteSpecs(
    shards: readonly {readonly shard: string; readonly mod: number}[],
  ): Promise<void> {
    const {keys, app} = this.options;
    for (let at = 0; at < shards.length; at += SPECS_PER_TRANSACTION) {
      const some = shards.slice(at, at + SPECS_PER_TRANSACTION);
      const compares = some.map(({shard, mod}): Compare => ({
        key: keys.shardSpec(app, shard),
        target: 'mod',
        op: '=',
        value: mod,
      }));
      const then = some.map(({shard}): Operation => ({
        op: 'delete',
        key: keys.shardSpec(app, shard),
      }));
      await this.transact([this.stillGoverns(), ...compares], then);
    }
  }

  private async finishRemoval(): Promise<void> {
    if (this.removing) return;
    this.removing = true;
    try {
      const removed = await removeApp(this.options, this.stillGoverns());
      if (removed) this.options.logger.info({}, 'app removed: no key of it is left');
    } finally {
      this.removing = false;
    }
  }

  private async transact(
    compares: readonly Compare[],
    then: readonly Operation[],
  ): Promise<TransactionOutcome> {
    const {office, store} = this.options;
    const outcome = await store.transact({
      compares,
      then,
      otherwise: [{op: 'get', key: office.key}],
    });
    if (outcome.kind === 'refused' && (outcome.answers[0]?.[office.target] ?? 0) !== office.value)
      this.depose();
    return outcome;
  }

  private stillGoverns(): Compare {
    const {key, target, value} = this.options.office;
    return {key, target, op: '=', value};
  }
}
