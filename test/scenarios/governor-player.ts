/**
 * A Governor alone, with containers of T = 10 s whose writes the script makes. `pass MS C ...`: time goes on in steps of 100 ms, at the
 * beginning of which these containers beat. Each event ends with what was written and asked for, and where shards are.
 */
import type {HeartbeatState} from '../../src/model/container.ts';
import {GovernorBed} from '../governor/governor-bed.ts';
import type {Fate} from '../governor/governor-bed.ts';
import {transitionText} from './action-text.ts';
import {numberOption, option} from './script.ts';
import type {Player} from './script.ts';

export class GovernorPlayer implements Player {
  private bed = new GovernorBed([]);
  private readonly beganMs = this.bed.nowMs;

  play(event: string, words: readonly string[]): string[] {
    const {bed} = this;
    const before = [
      bed.writes.length,
      bed.evictions.length,
      bed.removals.length,
      bed.rereads.length,
    ] as const;
    const {hints, status} = bed;
    this.take(event, words);
    const done = this.bed === bed ? before : ([0, 0, 0, 0] as const);
    const {writes, evictions, removals, rereads} = this.bed;
    const sent = this.bed.hints - (this.bed === bed ? hints : 0);
    return [
      ...writes.slice(done[0]).map(({transition}) => transitionText(transition)),
      ...evictions
        .slice(done[1])
        .map((one) => `evict ${one.container} [governs; hb at ${one.mod}]`),
      ...removals.slice(done[2]),
      ...rereads.slice(done[3]).map((shard) => `read ${shard}`),
      ...(sent > 0 ? [`hints sent: ${sent}`] : []),
      ...(this.bed.status === status ? [] : ['summary written']),
      this.state(),
    ];
  }

  private take(event: string, words: readonly string[]): void {
    const [first = '', second] = words;
    const {bed} = this;
    if (event === 'app')
      this.bed = new GovernorBed([], {
        maxRecoveryTime: numberOption(words, 'maxRecoveryTime', 0),
        maxShardCount: numberOption(words, 'maxShardCount', 0),
      });
    else if (event === 'join') for (const container of words) bed.join(container);
    else if (event === 'beat') bed.beat(first, (second ?? 'ready') as HeartbeatState);
    else if (event === 'successor') bed.beat(first, 'waiting', `${first}-new`);
    else if (event === 'end') bed.end(first);
    else if (event === 'evicted') this.evicted();
    else if (event === 'shard') bed.addShard(first, {manualContainerId: option(words, 'pin', '')});
    else if (event === 'unshard') bed.removeShard(first);
    else if (event === 'app-gone') bed.unspec();
    else if (event === 'respec') bed.respec({[first]: second === 'yes' ? true : Number(second)});
    else if (event === 'order') bed.order(first, second as 'cordon');
    else if (event === 'lift') bed.lift(first);
    else if (event === 'claim') bed.claim(words);
    else if (event === 'claim-only') bed.claim(words, false);
    else if (event === 'free') bed.free([first], second);
    else if (event === 'settle') bed.settle();
    else if (event === 'turn') bed.turn(1, () => (first === '' ? 'commits' : (first as Fate)));
    else if (event === 'pass') bed.pass(Number(first), words.slice(1));
    else throw new Error(`no event ${event}`);
  }

  private evicted(): void {
    const last = this.bed.evictions.at(-1);
    if (last === undefined) throw new Error('nobody is to be evicted');
    this.bed.evicted(last);
  }

  private state(): string {
    const places = Object.entries(this.bed.places).map(([shard, place]) => `${shard} ${place}`);
    const at = (this.bed.nowMs - this.beganMs).toFixed(0);
    return `= ${places.length === 0 ? 'no records' : places.join(', ')}; at ${at} ms`;
  }
}
