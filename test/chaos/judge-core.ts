/** What the judge does with what it is told; without sockets, so that planted faults can be put before it. */
import {Acknowledged, CheckedResource, NaiveResource, judgeLog} from './resources.ts';
import type {AppendItem, FromJudge, JudgeReport, TermShown, ToJudge} from './messages.ts';
import {OwnerVerdict} from './verdict.ts';

const OVERLAPS_SHOWN = 50;
const GAPS_KEPT = 200_000;

interface LateEffect {
  readonly shard: string;
  readonly token: string;
  readonly owner: string;
  readonly atUs: number;
  readonly arrivedAtUs: number;
}

export class JudgeCore {
  readonly verdict = new OwnerVerdict();
  private readonly path: string;
  private readonly naive = new NaiveResource();
  private readonly checked: CheckedResource;
  private readonly acknowledged = new Acknowledged();
  private readonly late: LateEffect[] = [];
  private readonly waiting = new Map<string, Map<number, readonly AppendItem[]>>();
  private refusals = 0;
  private over = false;

  /** `path`: the log of the checked resource. */
  constructor(path: string) {
    this.path = path;
    this.checked = new CheckedResource(path);
  }

  /** @returns the answer, if it wants one. Nothing counts after `finish`. */
  received(message: ToJudge, nowUs: number): FromJudge | undefined {
    if (this.over) return undefined;
    if (message.type === 'fence') {
      const n = this.checked.fence(message.shard, message.token);
      return {type: 'fenced', id: message.id, n: n ?? null};
    }
    if (message.type === 'ended') {
      const {shard, token, owner, atUs, reason} = message;
      this.verdict.ended(shard, token, owner, atUs, reason);
      return undefined;
    }
    return this.batch(message, nowUs);
  }

  private batch(message: Extract<ToJudge, {type: 'batch'}>, nowUs: number): FromJudge {
    const {id, owner, acked, items} = message;
    this.refusals += message.refusals;
    this.settle(owner, acked);
    const refused: string[] = [];
    const accepted: AppendItem[] = [];
    for (const item of items) {
      const [shard, token, n, atUs, leftUs] = item;
      this.verdict.pass({shard, token, owner, atUs, leftUs});
      if (this.naive.append({shard, token, n}) === 'late')
        this.late.push({shard, token, owner, atUs, arrivedAtUs: nowUs});
      if (this.checked.append({shard, token, n})) accepted.push(item);
      else refused.push(shard);
    }
    this.checked.flush();
    const waiting = this.waiting.get(owner) ?? new Map<number, readonly AppendItem[]>();
    this.waiting.set(owner, waiting.set(id, accepted));
    return {type: 'ack', id, refused};
  }

  /** What the container says it was acknowledged of: only that must not be lost. */
  private settle(owner: string, acked: number): void {
    const waiting = this.waiting.get(owner);
    for (const [id, items] of waiting ?? []) {
      if (id > acked) break;
      for (const [shard, token, n] of items) this.acknowledged.add({shard, token, n});
      waiting?.delete(id);
    }
  }

  finish(): JudgeReport {
    this.over = true;
    this.checked.close();
    const log = judgeLog(this.path, this.acknowledged);
    const overlaps = this.verdict.overlaps();
    const escapes = this.late.filter((one) => this.isEscape(one));
    return {
      passes: this.verdict.passes,
      terms: this.verdict.terms,
      shards: this.verdict.shards.size,
      overlaps: overlaps.slice(0, OVERLAPS_SHOWN),
      gaps: this.verdict.gaps.slice(0, GAPS_KEPT),
      guardRefusals: this.refusals,
      naive: {
        appends: this.naive.appends,
        late: this.late.length,
        escapes: escapes.length,
        mostAtOnce: mostAtOnce(escapes),
      },
      checked: {
        accepted: this.checked.accepted,
        refused: this.checked.refused,
        acknowledged: this.acknowledged.count,
        entries: log.entries,
      },
      tokenDisorders: log.tokenDisorders,
      lost: log.lost,
      timeline: this.timeline(),
    };
  }

  /** Its guard passed in time, before the newer owner acted: the process, or the wire, held it up (A3). */
  private isEscape({shard, token, atUs}: LateEffect): boolean {
    const terms = this.verdict.shards.get(shard) ?? [];
    return terms.every((term) => term.token <= token || term.firstUs > atUs);
  }

  private timeline(): TermShown[] {
    const shown: TermShown[] = [];
    for (const [shard, terms] of this.verdict.shards)
      for (const {owner, token, firstUs, lastUs} of terms)
        shown.push({shard, owner, token, fromUs: firstUs, toUs: lastUs});
    return shown;
  }
}

/** Most late effects of one shard and owner: one pause may let one through for each shard, no more. */
function mostAtOnce(late: readonly LateEffect[]): number {
  const counts = new Map<string, number>();
  for (const {shard, token, owner} of late) {
    const key = `${shard} ${token} ${owner}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
