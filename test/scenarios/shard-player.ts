/** A ShardMachine alone, of shard s in container c1. Events end with what the machine does and the state it is in. */
import type {OwnershipRecord, OwnershipState, Versioned} from '../../src/model/ownership.ts';
import type {ShardContext, StopReason, WriteAnswer} from '../../src/ownership/shard-actions.ts';
import {ShardMachine} from '../../src/ownership/shard-machine.ts';
import {SHARD_CONTEXT, specOf} from '../ownership/session-bed.ts';
import {shardActionText} from './action-text.ts';
import {numberOption, option} from './script.ts';
import type {Player} from './script.ts';

export class ShardPlayer implements Player {
  private nowMs = 0;
  private ops = 0;
  private handle = 0;
  private readonly machine = new ShardMachine('s', 0, () => (this.ops += 1));
  private context: ShardContext = SHARD_CONTEXT;

  play(event: string, words: readonly string[]): string[] {
    this.take(event, words);
    const actions = this.machine.advance(this.context, this.nowMs);
    for (const action of actions) if (action.type === 'add') this.handle = action.handle;
    return [...actions.map(shardActionText), this.state()];
  }

  private take(event: string, words: readonly string[]): void {
    const {machine, nowMs} = this;
    const op = numberOption(words, 'op', this.ops);
    if (event === 'context') this.context = {...this.context, ...contextOf(words)};
    else if (event === 'wait') this.nowMs += Number(words[0]);
    else if (event === 'reconcile') machine.reconcile();
    else if (event === 'lose') machine.lose();
    else if (event === 'hint') this.hint(words);
    else if (event === 'read-fails') machine.readAnswered(op, undefined, this.context, nowMs);
    else if (event === 'read') this.readAnswered(op, words);
    else if (event === 'write') machine.writeAnswered(op, writeAnswer(words), nowMs);
    else if (event === 'added') machine.addSettled(this.handle, undefined, nowMs);
    else if (event === 'add-throws') machine.addSettled(this.handle, words.join(' '), nowMs);
    else if (event === 'dropped') machine.dropSettled(this.handle, undefined, nowMs);
    else if (event === 'drop-throws') machine.dropSettled(this.handle, words.join(' '), nowMs);
    else if (event === 'work') machine.workChanged(this.handle, Number(words[0]));
    else throw new Error(`no event ${event}`);
  }

  /** hint REVISION [STATE]: with a state the hint brings the record. */
  private hint([revision, state, ...more]: readonly string[]): void {
    const record = state === undefined ? undefined : recordOf(state, more);
    this.machine.hint(Number(revision), record && (() => record));
  }

  /** read STATE mod=M [at=R] [incarnation=I] [spec=none], or read absent at=R. */
  private readAnswered(op: number, words: readonly string[]): void {
    const [state = 'absent'] = words;
    const mod = numberOption(words, 'mod', 0);
    const own: Versioned<OwnershipRecord> | undefined =
      state === 'absent' ? undefined : {value: recordOf(state, words), mod, create: 10};
    const spec = option(words, 'spec', 's') === 'none' ? undefined : specOf('s');
    const reading = {revision: numberOption(words, 'at', mod), own, spec};
    this.machine.readAnswered(op, reading, this.context, this.nowMs);
  }

  private state(): string {
    const {machine, context, nowMs} = this;
    const {owned} = machine;
    const record = owned === undefined ? 'none' : `${owned.value.state} at ${owned.mod}`;
    const wakeMs = machine.wakeAtMs(context) - nowMs;
    const wake = Number.isFinite(wakeMs) ? `wakes in ${Math.max(0, wakeMs)} ms` : 'sleeps';
    const gone = machine.gone ? ', gone' : '';
    return `= record ${record}, hook ${machine.phase}, mark ${machine.mark}, ${wake}${gone}`;
  }
}

function recordOf(state: string, words: readonly string[]): OwnershipRecord {
  return {
    ...{v: 1, container: 'c1', incarnation: option(words, 'incarnation', 'i1'), token: ''},
    ...{ready: option(words, 'ready', 'no') === 'yes', move: null, lastError: ''},
    ...{state: state as OwnershipState, failures: numberOption(words, 'failures', 0)},
  };
}

function writeAnswer([kind, revision]: readonly string[]): WriteAnswer {
  if (kind === 'committed') return {kind, revision: Number(revision), spec: specOf('s')};
  if (kind === 'refused' || kind === 'unknown') return {kind};
  throw new Error(`a write is committed REVISION, refused or unknown, not ${kind}`);
}

function contextOf(words: readonly string[]): Partial<ShardContext> {
  const changes = words.map((word) => {
    const [name = '', value = ''] = word.split('=');
    if (name === 'releasing') return [name, value === 'no' ? undefined : (value as StopReason)];
    return [name, value === 'yes'];
  });
  return Object.fromEntries(changes) as Partial<ShardContext>;
}
