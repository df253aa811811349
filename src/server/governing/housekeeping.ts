/** Writes of a governor beside ownership records: evictions, status, move history, and the removal of an app. */
import type {GovernorAction} from '../../governor/actions.ts';
import {PARTS_LIMIT} from '../../load/limits.ts';
import type {LoadSummary} from '../../load/summary.ts';
import type {Alarm, AppStatus, FinishedMove} from '../../model/status.ts';
import {decodeAppStatus, encodeRecord} from '../../protocol/records.ts';
import {liveSpecMod, specUnchanged} from '../../store/app-spec-guard.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import type {Compare, Operation, TransactionOutcome} from '../../store/port.ts';
import {removeApp} from './app-removal.ts';
import {alarmEvents} from './alarm-watcher.ts';
import {ContainerWatcher} from './container-watcher.ts';
import {RoundHistory} from './round-history.ts';
import {SPECS_PER_TRANSACTION, SPEC_LOOKS_LIMIT} from './limits.ts';

type HousekeepingOptions = Pick<
  GovernedApp,
  'app' | 'keys' | 'store' | 'fencingKey' | 'leases' | 'clock' | 'logger'
>;

export type Chore = Exclude<GovernorAction, {type: 'write' | 'hints' | 'reread'}>;

export class Housekeeping {
  private readonly options: HousekeepingOptions;
  private readonly loseLeadership: () => void;
  private readonly moves: RoundHistory;
  private readonly events: RoundHistory;
  private readonly watcher = new ContainerWatcher();
  private alarms: readonly Alarm[] | undefined;
  private removing = false;
  /** Mod revision of the app's spec as last seen; undefined: not known, or being removed when it was last seen. */
  private specMod: number | undefined;

  constructor(options: HousekeepingOptions, loseLeadership: () => void) {
    this.options = options;
    this.loseLeadership = loseLeadership;
    const {keys, app} = options;
    this.moves = new RoundHistory(options, keys.movesPrefix(app));
    this.events = new RoundHistory(options, keys.eventsPrefix(app));
  }

  async carryOut(chore: Chore): Promise<void> {
    switch (chore.type) {
      case 'evict':
        return this.evict(chore);
      case 'status':
        return this.status(chore.status);
      case 'loads':
        return this.loads(chore.parts);
      case 'recordMoves':
        return this.recordMoves(chore.moves);
      case 'recordEvents':
        return this.writeWhileAppLives(await this.events.round(chore.events));
      case 'deleteSpecs':
        return this.removeAlone(() => this.deleteSpecs(chore.shards));
      case 'finishRemoval':
        return this.removeAlone(() => this.finishRemoval());
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
    const outcome = await this.transact(compares, then);
    if (
      outcome.kind === 'committed' ||
      (outcome.kind === 'unknown' && (await this.isGone(heartbeat)))
    )
      this.watcher.evicted(container, incarnation);
  }

  private async isGone(key: string): Promise<boolean> {
    const read = await this.options.store.get(key).catch(() => undefined);
    return read !== undefined && read.entry === undefined;
  }

  private async status(status: AppStatus): Promise<void> {
    const {keys, app} = this.options;
    const put: Operation = {op: 'put', key: keys.status(app), value: encodeRecord(status)};
    const before = (this.alarms ??= await this.alarmsBefore());
    this.alarms = status.alarms;
    const found = [...this.watcher.compare(status), ...alarmEvents(before, status)];
    const round = found.length === 0 ? [] : await this.events.round(found);
    await this.writeWhileAppLives([put, ...round]);
  }

  /** Parts that an earlier, longer summary has left go with it. */
  private async loads(parts: readonly LoadSummary[]): Promise<void> {
    const {keys, app} = this.options;
    const operations = Array.from({length: PARTS_LIMIT}, (_, at): Operation => {
      const part = parts[at];
      const key = keys.load(app, at);
      return part === undefined ? {op: 'delete', key} : {op: 'put', key, value: encodeRecord(part)};
    });
    await this.writeWhileAppLives(operations);
  }

  /** Of the governor before this one. */
  private async alarmsBefore(): Promise<readonly Alarm[]> {
    const {store, keys, app} = this.options;
    const reply = await store.get(keys.status(app)).catch(() => undefined);
    const decoded = reply?.entry === undefined ? undefined : decodeAppStatus(reply.entry.value);
    return decoded?.ok === true ? decoded.value.alarms : [];
  }

  private async recordMoves(moves: readonly FinishedMove[]): Promise<void> {
    await this.writeWhileAppLives(await this.moves.round(moves));
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
      const outcome = await this.transact([this.stillGoverns(), ...compares], then);
      if (outcome.kind === 'unknown') return;
    }
  }

  private async finishRemoval(): Promise<void> {
    const removed = await removeApp(this.options, this.stillGoverns());
    if (removed) this.options.logger.info({}, 'app removed: all its keys are deleted');
  }

  /** A step of a removal is asked for again until its effect is seen, and may take longer than that. */
  private async removeAlone(step: () => Promise<void>): Promise<void> {
    if (this.removing) return;
    this.removing = true;
    try {
      await step();
    } finally {
      this.removing = false;
    }
  }

  /** Not once the app's removal has begun. A spec that was only changed is taken as it is then. */
  private async writeWhileAppLives(then: readonly Operation[]): Promise<void> {
    const {keys, app, fencingKey} = this.options;
    const otherwise: Operation[] = [fencingKey.key, keys.appSpec(app)].map((key) => ({
      op: 'get',
      key,
    }));
    this.specMod ??= await this.readSpecMod();
    for (let attempt = 0; attempt < SPEC_LOOKS_LIMIT; attempt += 1) {
      if (this.specMod === undefined) return;
      const compares = [this.stillGoverns(), specUnchanged(keys, app, this.specMod)];
      const outcome = await this.transact(compares, then, otherwise);
      if (outcome.kind !== 'refused') return;
      this.specMod = liveSpecMod(outcome.answers[1]);
    }
  }

  private async readSpecMod(): Promise<number | undefined> {
    const {store, keys, app} = this.options;
    const read = await store.get(keys.appSpec(app)).catch(() => undefined);
    return liveSpecMod(read?.entry);
  }

  private async transact(
    compares: readonly Compare[],
    then: readonly Operation[],
    otherwise: readonly Operation[] = [{op: 'get', key: this.options.fencingKey.key}],
  ): Promise<TransactionOutcome> {
    const {fencingKey, store} = this.options;
    const outcome = await store.transact({compares, then, otherwise});
    if (
      outcome.kind === 'refused' &&
      (outcome.answers[0]?.[fencingKey.target] ?? 0) !== fencingKey.value
    )
      this.loseLeadership();
    return outcome;
  }

  private stillGoverns(): Compare {
    const {key, target, value} = this.options.fencingKey;
    return {key, target, op: '=', value};
  }
}
