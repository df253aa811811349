/**
 * One metric of many shards, by row. A sample counts as the median of itself and the two before it: a load that lies once changes nothing, and
 * a step is seen one sample later. What comes out goes into an exponential mean.
 */
import {JUMP_FACTOR, SAMPLE_LEAST_MS, SMOOTHING_MS, UNREPORTED_AFTER_MS} from './limits.ts';

const UNKNOWN = Number.NaN;

export class LoadColumn {
  /** Sum and count of the loads that are known of shards, as the planner sees them. */
  private sum = 0;
  private known = 0;
  /** Shards whose load the planner sees, and somebody has reported lately. */
  measuredCount = 0;
  private smooth = new Float64Array();
  private last = new Float64Array();
  private beforeLast = new Float64Array();
  private sampledMs = new Float64Array();
  private planned = new Float64Array();

  /** Makes room for rows below `capacity`; nothing is known of the new ones. */
  grow(capacity: number): void {
    this.smooth = grown(this.smooth, capacity);
    this.last = grown(this.last, capacity);
    this.beforeLast = grown(this.beforeLast, capacity);
    this.sampledMs = grown(this.sampledMs, capacity);
    this.planned = grown(this.planned, capacity);
  }

  clear(row: number): void {
    this.smooth[row] = this.last[row] = this.beforeLast[row] = UNKNOWN;
    this.sampledMs[row] = this.planned[row] = UNKNOWN;
  }

  /** Takes a value of 0 or more. True when it is a jump: far above all that was seen of the shard, so that nothing follows from it yet. */
  sample(row: number, value: number, nowMs: number): boolean {
    const passedMs = nowMs - at(this.sampledMs, row);
    if (passedMs < SAMPLE_LEAST_MS) return false;
    const believed = believable(value, at(this.last, row), at(this.beforeLast, row));
    this.beforeLast[row] = at(this.last, row);
    this.last[row] = value;
    this.sampledMs[row] = nowMs;
    const before = at(this.smooth, row);
    if (Number.isNaN(believed)) return false;
    const share = Number.isNaN(before) ? 1 : 1 - Math.exp(-passedMs / SMOOTHING_MS);
    this.smooth[row] = Number.isNaN(before) ? believed : before + share * (believed - before);
    return value > JUMP_FACTOR * Math.max(believed, before || 0);
  }

  /** What somebody has known before; what was seen since counts more. */
  inherit(row: number, value: number, nowMs: number): void {
    if (!Number.isNaN(at(this.smooth, row))) return;
    this.smooth[row] = value;
    if (Number.isNaN(at(this.sampledMs, row))) this.sampledMs[row] = nowMs - SAMPLE_LEAST_MS;
  }

  /**
   * The planner sees from now on what is known now. What was measured of a shard stays while it runs where nobody reports loads: a guess in its place would
   * move it to where they are reported, and what is measured there would move it back.
   */
  renew(rows: Iterable<number>, nowMs: number): void {
    this.sum = this.known = 0;
    this.measuredCount = 0;
    for (const row of rows) {
      const load = at(this.smooth, row);
      this.planned[row] = load;
      if (Number.isNaN(load)) continue;
      this.count(load);
      if (nowMs - at(this.sampledMs, row) <= UNREPORTED_AFTER_MS) this.measuredCount += 1;
    }
  }

  /** One shard more has this load, as far as is known. Until the next renewal. */
  count(load: number): void {
    this.sum += load;
    this.known += 1;
  }

  /** Mean of what is known; 0 while nothing is: then all are alike. */
  get plannedMean(): number {
    return this.known === 0 ? 0 : this.sum / this.known;
  }

  /** NaN: not known. */
  smoothOf(row: number): number {
    return at(this.smooth, row);
  }

  /** NaN: not known. */
  plannedOf(row: number): number {
    return at(this.planned, row);
  }
}

/** The median of three; the lower one of two; of one nothing is believed, for it may lie. */
function believable(now: number, last: number, beforeLast: number): number {
  if (Number.isNaN(last)) return UNKNOWN;
  if (Number.isNaN(beforeLast)) return Math.min(now, last);
  return Math.max(Math.min(now, last), Math.min(Math.max(now, last), beforeLast));
}

function at(column: Float64Array, row: number): number {
  return column[row] ?? UNKNOWN;
}

function grown(column: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity).fill(UNKNOWN);
  larger.set(column);
  return larger;
}
