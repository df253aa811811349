/** Writes of a governor beside ownership records: evictions, status, move history, and the removal of an app. */
import type {GovernorAction} from '../../governor/actions.ts';
import {PARTS_LIMIT} from '../../load/limits.ts';
import type {LoadSummary} from '../../load/summary.ts';
import {chunksOf} from '../../model/chunks.ts';
import type {Alarm, AppStatus} from '../../model/status.ts';
import {encodeIdHolder} from '../../protocol/container-id.ts';
import {encodeRecord} from '../../protocol/records.ts';
import {liveSpecMod, specUnchanged} from '../../store/app-spec-guard.ts';
import {deletion, unchanged} from '../../store/compares.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {KEYS_PER_TRANSACTION} from '../../store/limits.ts';
import {governsNoMore, stillGoverns} from '../../store/ownership-transactions.ts';
import type {Compare, KeyValue, Operation, TransactionOutcome} from '../../store/port.ts';
import {removeApp} from './app-removal.ts';
import {alarmEvents} from './alarm-watcher.ts';
import {ContainerWatcher} from './container-watcher.ts';
import {lastStatus} from './last-word.ts';
import {RoundHistory} from './round-history.ts';
import {SPEC_LOOKS_LIMIT} from './limits.ts';

type HousekeepingOptions = Pick<
  GovernedApp,
  'app' | 'keys' | 'store' | 'fencingKey' | 'leases' | 'clock' | 'logger'
>;

export type Chore = Exclude<GovernorAction, {type: 'write' | 'hints' | 'reread'}>;

export class Housekeeping {
  private readonly options: HousekeepingOptions;
  private readonly loseLeadership: () => void;
  private readonly summaryLost: () => void;
  private readonly moves: RoundHistory;
  private readonly events: RoundHistory;
  private readonly watcher = new ContainerWatcher();
  private alarms: readonly Alarm[] | undefined;
  private removing = false;
  /** Mod revision of the app's spec as last seen; undefined: not known, or being removed when it was last seen. */
  private specMod: number | undefined;
  /** Mod revision of the summary as last seen, 0: there was none; undefined: not known. */
  private summaryMod: number | undefined;
  /** To be written next. */
  private summary: AppStatus | undefined;
  private isSummarizing = false;

  /** `summaryLost`: a summary may not have been written. */
  constructor(
    options: HousekeepingOptions,
    loseLeadership: () => void,
    summaryLost: () => void = () => undefined,
  ) {
    this.options = options;
    this.loseLeadership = loseLeadership;
    this.summaryLost = summaryLost;
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
        return this.record(this.moves, chore.moves);
      case 'recordEvents':
        return this.record(this.events, chore.events);
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
    idOf,
    isOrdered,
  }: Extract<Chore, {type: 'evict'}>): Promise<void> {
    const {keys, app} = this.options;
    const heartbeat = keys.heartbeat(app, incarnation);
    const compares = [this.stillGoverns(), unchanged(heartbeat, {mod})];
    const then: Operation[] = [deletion({key: heartbeat})];
    const key = keys.containerId(app, container);
    if (idOf === 'own' || isOrdered === true) compares.push(unchanged(key, {mod: idMod}));
    // Who has stood still all the time finds no order any more when it comes back: the id has to tell it.
    if (isOrdered === true && idOf !== 'another')
      then.push({op: 'put', key, value: encodeIdHolder('', incarnation)});
    else if (idOf === 'own') then.push(deletion({key}));
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

  /** One after the other, or one that is late would replace a newer one; of those that wait only the newest counts. */
  private async status(status: AppStatus): Promise<void> {
    this.summary = status;
    if (this.isSummarizing) return;
    this.isSummarizing = true;
    try {
      while (this.summary !== undefined) await this.writeSummary(this.summary);
    } finally {
      this.isSummarizing = false;
    }
  }

  private async writeSummary(status: AppStatus): Promise<void> {
    const {keys, app} = this.options;
    this.summary = undefined;
    const put: Operation = {op: 'put', key: keys.status(app), value: encodeRecord(status)};
    const before = (this.alarms ??= (await lastStatus(this.options))?.alarms ?? []);
    this.alarms = status.alarms;
    const found = [...this.watcher.compare(status), ...alarmEvents(before, status)];
    const round = found.length === 0 ? this.events.left : await this.events.round(found);
    if (await this.writeWhileAppLives([put, ...round], true)) this.events.written(round);
    // Else the one before it would stand, alarms and all, until something else happens.
    else this.summaryLost();
  }

  /** What may not have been written goes with the next round. */
  private async record(history: RoundHistory, items: readonly object[]): Promise<void> {
    const round = await history.round(items);
    if (await this.writeWhileAppLives(round)) history.written(round);
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

  private async deleteSpecs(
    shards: readonly {readonly shard: string; readonly mod: number}[],
  ): Promise<void> {
    const {keys, app} = this.options;
    for (const some of chunksOf(shards, KEYS_PER_TRANSACTION)) {
      const specs = some.map(({shard, mod}) => ({key: keys.shardSpec(app, shard), mod}));
      const compares = specs.map((spec) => unchanged(spec.key, spec));
      const outcome = await this.transact([this.stillGoverns(), ...compares], specs.map(deletion));
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

  /**
   * Not once the app's removal has begun. A spec that was only changed is taken as it is then. `isSummary`: it replaces no summary that
   * was not seen, so one without an answer that arrives late replaces none that came after it. False: it may not have been written.
   */
  private async writeWhileAppLives(
    then: readonly Operation[],
    isSummary = false,
  ): Promise<boolean> {
    const {keys, app, fencingKey} = this.options;
    const spec = keys.appSpec(app);
    const summary = keys.status(app);
    const otherwise = [fencingKey.key, spec, summary].map((key): Operation => ({op: 'get', key}));
    if (this.specMod === undefined || (isSummary && this.summaryMod === undefined)) {
      const read = await this.options.store.getMany([spec, summary]).catch(() => undefined);
      if (read === undefined) return false;
      this.seen(read.entries[0], read.entries[1]);
    }
    for (let attempt = 0; attempt < SPEC_LOOKS_LIMIT; attempt += 1) {
      if (this.specMod === undefined) return true;
      const compares = [this.stillGoverns(), specUnchanged(keys, app, this.specMod)];
      if (isSummary) compares.push(unchanged(summary, {mod: this.summaryMod ?? 0}));
      const outcome = await this.transact(compares, then, otherwise);
      if (isSummary) this.summaryMod = outcome.kind === 'committed' ? outcome.revision : undefined;
      if (outcome.kind !== 'refused') return outcome.kind === 'committed';
      this.seen(outcome.answers[1], outcome.answers[2]);
    }
    return false;
  }

  private seen(spec: KeyValue | undefined, summary: KeyValue | undefined): void {
    this.specMod = liveSpecMod(spec);
    this.summaryMod = summary?.mod ?? 0;
  }

  private async transact(
    compares: readonly Compare[],
    then: readonly Operation[],
    otherwise: readonly Operation[] = [{op: 'get', key: this.options.fencingKey.key}],
  ): Promise<TransactionOutcome> {
    const {fencingKey, store} = this.options;
    const outcome = await store.transact({compares, then, otherwise});
    if (outcome.kind === 'refused' && governsNoMore(fencingKey, outcome.answers[0]))
      this.loseLeadership();
    return outcome;
  }

  private stillGoverns(): Compare {
    return stillGoverns(this.options.fencingKey);
  }
}
