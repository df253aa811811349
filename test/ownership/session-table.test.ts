/** The table above SessionPhase is what a session does: each change is a row of it, and each row happens. */
import {expect, it} from 'vitest';
import type {HeartbeatWrite} from '../../src/ownership/heartbeat.ts';
import type {SessionPhase} from '../../src/ownership/session-actions.ts';
import {SessionBed, specOf} from './session-bed.ts';
import {changesSeen, rowsIn} from './table-walk.ts';

const STEPS = {
  committed: 12,
  unanswered: 1,
  gone: 1,
  evicting: 1,
  foreign: 1,
  appGone: 1,
  idTaken: 6,
  owns: 3,
  dropped: 4,
  freed: 6,
  deregistered: 3,
  leave: 2,
  deleted: 1,
  doubted: 1,
  accepted: 2,
  wait: 2,
} as const;
type Step = keyof typeof STEPS;

/** A container with one shard, whose answers come in any order. */
class Walk {
  readonly seen = new Set<string>();
  private readonly bed = new SessionBed();
  private epoch = 1;
  private write: HeartbeatWrite | undefined;

  constructor() {
    const {seen} = this;
    let phase: SessionPhase = this.bed.session.phase;
    Object.defineProperty(this.bed.session, 'phase', {
      get: () => phase,
      set: (next: SessionPhase) => {
        if (next !== phase) seen.add(`${phase} ${next}`);
        phase = next;
      },
    });
  }

  take(step: Step): void {
    this.apply(step);
    this.note(this.bed.session.advance(this.bed.nowMs));
  }

  get ends(): number {
    return this.bed.asked('ended').length;
  }

  private note(actions: ReturnType<SessionBed['turn']>): void {
    this.bed.actions.push(...actions);
    for (const action of actions) if (action.type === 'heartbeat') this.write = action.write;
  }

  private apply(step: Step): void {
    const {bed, epoch} = this;
    const {session, nowMs} = bed;
    const {incarnation} = session;
    if (step === 'idTaken') session.idAnswered(incarnation, {kind: 'taken', idMod: 7}, nowMs);
    else if (step === 'owns') session.hint(incarnation, 's', bed.next());
    else if (step === 'dropped' || step === 'freed') this.settle(step);
    else if (step === 'deregistered')
      session.deregisterAnswered(incarnation, {kind: 'committed', revision: bed.next()}, nowMs);
    else if (step === 'leave') session.leave(nowMs + 20_000);
    else if (step === 'deleted') session.appDeleting();
    else if (step === 'doubted')
      session.clusterSeen(
        {epoch, doubt: {kind: 'wentBack', found: 1, known: 2}, mod: bed.next()},
        nowMs,
      );
    else if (step === 'accepted')
      session.clusterSeen({epoch: (this.epoch += 1), doubt: undefined, mod: bed.next()}, nowMs);
    else if (step === 'wait') bed.nowMs += 60_000;
    else this.beaten(step);
  }

  /** The answer to the heartbeat that was sent last. */
  private beaten(step: 'committed' | 'unanswered' | 'gone' | 'evicting' | 'foreign' | 'appGone') {
    const {bed, write} = this;
    if (write === undefined) return;
    bed.nowMs += 2_000;
    const answers = {
      committed: () => ({kind: 'committed', revision: bed.next()}) as const,
      unanswered: () => ({kind: 'unknown'}) as const,
      gone: () => ({kind: 'absent'}) as const,
      appGone: () => ({kind: 'appGone'}) as const,
      evicting: () => this.found({...write.value, state: 'evicting'}),
      foreign: () => this.found({...write.value, nonce: 'foreign'}),
    };
    bed.session.heartbeatAnswered(write, answers[step](), bed.nowMs);
  }

  private found(value: HeartbeatWrite['value']) {
    return {kind: 'found', value, mod: this.bed.next(), create: 101} as const;
  }

  /** What the machine of the shard waits for goes well. */
  private settle(step: 'dropped' | 'freed'): void {
    const {session, nowMs, actions} = this.bed;
    const last = (type: string) => actions.findLast((one) => one.type === type);
    const [read, write, add, drop] = ['read', 'write', 'add', 'drop'].map(last);
    if (step === 'dropped') {
      if (drop?.type === 'drop') session.dropSettled('s', drop.handle, undefined, nowMs);
      return;
    }
    if (read?.type === 'read') {
      const own = this.bed.record('assigned');
      const reading = {revision: own.mod, own, spec: specOf('s')};
      session.readAnswered('s', read.op, reading, nowMs);
    }
    if (write?.type === 'write') {
      const revision = this.bed.next();
      session.writeAnswered('s', write.op, {kind: 'committed', revision}, nowMs);
    }
    if (add?.type === 'add') session.addSettled('s', add.handle, undefined, nowMs);
  }
}

it('is a row of the table, or leads to `ended`, for whatever happens; and no row is idle', () => {
  const rows = rowsIn('ownership/session-actions.ts');
  expect(rows.length).toBeGreaterThan(15);
  const allowed = new Set([...rows, ...rows.map((row) => `${row.split(' ')[0]} ended`)]);
  const walks = {steps: STEPS, minLength: 15, numRuns: 3_000, allowed};
  const seen = changesSeen(
    walks,
    () => new Walk(),
    ({ends}) => expect(ends).toBeLessThan(2),
  );
  expect([...allowed].filter((row) => !seen.has(row))).toEqual([]);
});
