/** Leadership alone, of daemon d1 with incarnation i1; T of all daemons is 10 s. */
import {Leadership} from '../../src/ownership/leadership.ts';
import type {Candidate, LeadershipAction} from '../../src/ownership/leadership.ts';
import {numberOption} from './script.ts';
import type {Player} from './script.ts';

const TTL_MS = 10_000;
const PROBE_EVERY_MS = 1_000;

export class LeadershipPlayer implements Player {
  private readonly leadership = new Leadership();
  private nowMs = 0;
  private me: Candidate = {container: 'd1', incarnation: 'i1', eligible: true, standby: true};

  constructor() {
    this.leadership.probeCommitted(0);
  }

  play(event: string, words: readonly string[]): string[] {
    if (event === 'wait') return [...this.wait(Number(words[0]), words), this.state()];
    this.take(event, words);
    return [...this.advance(), this.state()];
  }

  private take(event: string, words: readonly string[]): void {
    const {leadership, nowMs} = this;
    const [incarnation = ''] = words;
    const mod = numberOption(words, 'mod', 0);
    if (event === 'listed') leadership.complete();
    else if (event === 'leader')
      leadership.leaderSeen({incarnation, create: numberOption(words, 'create', mod)}, mod);
    else if (event === 'leader-gone') leadership.leaderSeen(undefined, mod);
    else if (event === 'beat')
      leadership.heartbeatSeen(
        incarnation,
        mod,
        {ttlMs: TTL_MS, isEvicting: words.includes('evicting')},
        nowMs,
      );
    else if (event === 'heartbeat-gone')
      leadership.heartbeatSeen(incarnation, mod, undefined, nowMs);
    else if (event === 'me')
      this.me = {
        ...this.me,
        eligible: words.includes('eligible'),
        standby: words.includes('standby'),
      };
    else throw new Error(`no event ${event}`);
  }

  /** In steps of the probe; `deaf`: this daemon's own writes do not commit meanwhile. */
  private wait(durationMs: number, words: readonly string[]): string[] {
    const lines: string[] = [];
    const untilMs = this.nowMs + durationMs;
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(untilMs, this.nowMs + PROBE_EVERY_MS);
      if (!words.includes('deaf')) this.leadership.probeCommitted(this.nowMs);
      lines.push(...this.advance().map((line) => `${line} at ${this.nowMs}`));
    }
    return lines;
  }

  private advance(): string[] {
    return this.leadership.advance(this.me, this.nowMs).map(actionText);
  }

  private state(): string {
    const {createRevision: held} = this.leadership;
    const wakeMs = this.leadership.wakeAtMs(this.me, this.nowMs) - this.nowMs;
    const wake = Number.isFinite(wakeMs) ? `wakes in ${Math.round(wakeMs)} ms` : 'sleeps';
    return `= ${held === undefined ? 'does not lead' : `leads since ${held}`}, ${wake}`;
  }
}

function actionText(action: LeadershipAction): string {
  if (action.type === 'createLeader')
    return `create leader ${action.incarnation} [leader absent; hb/${action.incarnation} exists]`;
  if (action.type === 'elected') return `elected, key created at ${action.create}`;
  if (action.type === 'lostLeadership') return 'lost leadership';
  const {incarnation, create, hbMod, isOrdered} = action;
  const heartbeat = hbMod === 0 ? `hb/${incarnation} absent` : `hb/${incarnation} at ${hbMod}`;
  const also = hbMod === 0 || isOrdered === true ? '' : ' and its heartbeat';
  return `remove leader ${incarnation}${also} [leader created at ${create}; ${heartbeat}]`;
}
