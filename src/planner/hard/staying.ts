/** Moves that hard rules have led to and that make nothing more even are not made. */
import type {Settlement} from './settlement.ts';

/** `arrivals`: the shards that the counts have sent elsewhere. */
export function stayWherePossible(settled: Settlement, arrivals: readonly number[]): void {
  const staying = new Staying(settled);
  staying.cancelOpposites(arrivals);
  if (settled.causes.size > 0) staying.stayIfAsEven(arrivals);
}

class Staying {
  private readonly settled: Settlement;

  constructor(settled: Settlement) {
    this.settled = settled;
  }

  /** Two shards of a bucket that would change places stay where they are, if they may: the counts are the same. */
  cancelOpposites(arrivals: readonly number[]): void {
    const {table, target} = this.settled.task;
    const waiting = new Map<string, number[]>();
    for (const shard of new Set([...arrivals, ...this.settled.causes.keys()])) {
      const [from, to] = [table.current[shard] ?? -1, target[shard] ?? -1];
      if (from < 0 || to < 0 || from === to || !this.settled.mayStay(shard)) continue;
      const bucket = table.bucket[shard] ?? 0;
      const opposite = waiting.get(`${bucket} ${to} ${from}`)?.pop();
      if (opposite !== undefined && this.sendBack(shard, opposite)) continue;
      const key = `${bucket} ${from} ${to}`;
      waiting.set(key, [...(waiting.get(key) ?? []), shard]);
    }
  }

  private sendBack(one: number, two: number): boolean {
    const {table, target} = this.settled.task;
    const [home, away] = [table.current[one] ?? -1, target[one] ?? -1];
    if (
      !this.settled.occupants.fits(one, home, two) ||
      !this.settled.occupants.fits(two, away, one)
    )
      return false;
    this.settled.unsettle(one, away);
    this.settled.unsettle(two, home);
    this.settled.goTo(one, away, home);
    this.settled.goTo(two, home, away);
    this.settled.causes.delete(one);
    this.settled.causes.delete(two);
    return true;
  }

  /** Moves that leave all no more even than it is are not made: plan after plan would only exchange who is where. */
  stayIfAsEven(arrivals: readonly number[]): void {
    const {table, target, bounds} = this.settled.task;
    const moved = [...new Set([...arrivals, ...this.settled.causes.keys()])].filter(
      (shard) =>
        this.settled.mayStay(shard) &&
        (target[shard] ?? -1) >= 0 &&
        target[shard] !== table.current[shard],
    );
    const away = moved.map((shard) => target[shard] ?? -1);
    const causes = moved.map((shard) => this.settled.causes.get(shard));
    const before = bounds.unevenness();
    for (const [at, shard] of moved.entries()) this.settled.unsettle(shard, away[at] ?? -1);
    for (const [at, shard] of moved.entries())
      this.settled.goTo(shard, away[at] ?? -1, table.current[shard] ?? -1);
    const fits = moved.every((shard) =>
      this.settled.occupants.holds(shard, table.current[shard] ?? -1),
    );
    const stay = fits && bounds.unevenness() <= before;
    if (!stay) for (const shard of moved) this.settled.unsettle(shard, table.current[shard] ?? -1);
    for (const [at, shard] of moved.entries()) {
      if (!stay) this.settled.goTo(shard, table.current[shard] ?? -1, away[at] ?? -1);
      const cause = causes[at];
      if (stay || cause === undefined) this.settled.causes.delete(shard);
      else this.settled.causes.set(shard, cause);
    }
  }
}
