/** A ContainerSession alone, of container c1 with T = 10 s. Incarnations and nonces are id1, id2, ... in the order of their making. */
import type {HeartbeatState} from '../../src/model/container.ts';
import type {OwnershipState} from '../../src/model/ownership.ts';
import {doubtText} from '../../src/model/store-doubt.ts';
import type {HeartbeatAnswer, HeartbeatWrite} from '../../src/ownership/heartbeat.ts';
import type {IdAnswer, SessionAction} from '../../src/ownership/session-actions.ts';
import {SessionBed} from '../ownership/session-bed.ts';
import {shardActionText} from './action-text.ts';
import {numberOption, option} from './script.ts';
import type {Player} from './script.ts';

export class SessionPlayer implements Player {
  private readonly bed = new SessionBed();
  private write: HeartbeatWrite | undefined;
  private beganMs = this.bed.nowMs;

  play(event: string, words: readonly string[]): string[] {
    const before = this.bed.actions.length;
    this.take(event, words);
    this.bed.turn();
    const actions = this.bed.actions.slice(before);
    for (const action of actions) if (action.type === 'heartbeat') this.write = action.write;
    return [...actions.map(actionText), this.state()];
  }

  private take(event: string, words: readonly string[]): void {
    const {bed} = this;
    const {session} = bed;
    const [kind = '', second = ''] = words;
    if (event === 'begin') bed.turn();
    else if (event === 'wait') bed.turn(Number(kind));
    else if (event === 'beat') this.beatAnswered(words);
    else if (event === 'id') session.idAnswered(session.incarnation, idAnswer(words), bed.nowMs);
    else if (event === 'ready') bed.ready();
    else if (event === 'owns') bed.owns(kind);
    else if (event === 'leave') session.leave(kind === '' ? undefined : bed.nowMs + Number(kind));
    else if (event === 'app-deleting') session.appDeleting();
    else if (event === 'hint') session.hint(session.incarnation, kind, bed.next());
    else if (event === 'read')
      bed.answerRead(kind, second === 'absent' ? undefined : bed.record(second as OwnershipState));
    else if (event === 'write') bed.answerWrite(kind, second as 'committed');
    else if (event === 'added') bed.addSettled(kind);
    else if (event === 'dropped') bed.dropSettled(kind);
    else if (event === 'cluster') this.cluster(words);
    else if (event === 'deregister') this.deregistered(kind);
    else throw new Error(`no event ${event}`);
  }

  /** beat committed | absent | app-gone | unknown | found nonce=N state=S; of the attempt in flight. */
  private beatAnswered(words: readonly string[]): void {
    const {write, bed} = this;
    if (write === undefined) throw new Error('no heartbeat is in flight');
    bed.session.heartbeatAnswered(write, this.beatAnswer(words, write), bed.nowMs);
  }

  private beatAnswer(words: readonly string[], write: HeartbeatWrite): HeartbeatAnswer {
    const [kind] = words;
    if (kind === 'committed') return {kind, revision: this.bed.next()};
    if (kind === 'absent' || kind === 'unknown') return {kind};
    if (kind === 'app-gone') return {kind: 'appGone'};
    const nonce = option(words, 'nonce', write.value.nonce);
    const state = option(words, 'state', write.value.state) as HeartbeatState;
    return {
      kind: 'found',
      value: {...write.value, nonce, state},
      mod: this.bed.next(),
      create: 101,
    };
  }

  private cluster(words: readonly string[]): void {
    const restored = option(words, 'restored', '');
    const doubt = restored === '' ? undefined : ({kind: 'reported', text: restored} as const);
    const {session, nowMs} = this.bed;
    session.clusterSeen(
      {epoch: numberOption(words, 'epoch', 1), doubt, mod: this.bed.next()},
      nowMs,
    );
  }

  private deregistered(kind: string): void {
    const {session, nowMs} = this.bed;
    const answer =
      kind === 'committed'
        ? {kind, revision: this.bed.next()}
        : {kind: kind === 'refused' ? ('refused' as const) : ('unknown' as const)};
    session.deregisterAnswered(session.incarnation, answer as {kind: 'unknown'}, nowMs);
  }

  private state(): string {
    const {session, nowMs} = this.bed;
    const leftMs = Math.round(session.deadlineMs - nowMs);
    const right = Number.isFinite(leftMs) ? `deadline in ${leftMs} ms` : 'no deadline';
    const fence = session.acting ? '' : ', fenced';
    return `= ${session.phase}, ${right}${fence}, at ${nowMs - this.beganMs} ms`;
  }
}

function idAnswer([kind, holder = '']: readonly string[]): IdAnswer {
  if (kind === 'taken') return {kind, idMod: 50};
  if (kind === 'occupied') return {kind, holder};
  if (kind === 'free') return {kind, idMod: 49, holder};
  return {kind: 'unknown'};
}

function actionText(action: SessionAction): string {
  switch (action.type) {
    case 'heartbeat': {
      const {expectedMod, value} = action.write;
      const before = expectedMod === 0 ? 'absent' : `at ${expectedMod}`;
      return `heartbeat ${value.state}, nonce ${value.nonce} [hb ${before}]`;
    }
    case 'takeId': {
      const holder = action.holder === '' ? '' : `; hb/${action.holder} absent`;
      const id = action.idMod === 0 ? 'absent' : `at ${action.idMod}`;
      return `take id [id/c1 ${id}${holder}; hb/${action.incarnation} is mine]`;
    }
    case 'deregister':
      return `deregister ${action.incarnation}`;
    case 'revokeAll':
    case 'resumed':
    case 'fenced':
      return action.type;
    case 'findRecords':
      return 'find records';
    case 'waitingForId':
      return `waits for its id, occupied by ${action.holder}`;
    case 'ready':
    case 'evicted':
      return `${action.type} ${action.incarnation}`;
    case 'restored':
      return `restored: ${doubtText(action.doubt)}`;
    case 'accepted':
    case 'stepped':
      return `${action.type}: epoch ${action.epoch}`;
    case 'ended':
      return `ended: ${action.how}`;
    default:
      return shardActionText(action);
  }
}
