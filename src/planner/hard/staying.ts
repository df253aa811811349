/** Moves that hard rules have led to and that make nothing more even are not made. */
import type {Assignment} from './assignment.ts';

/** `arrivals`: the shards that the counts have sent elsewhere. */
export function stayWherePossible(assignment: Assignment, arrivals: readonly number[]): void {
  const staying = new Staying(assignment);
  staying.cancelOpposites(arrivals);
  if (assignment.causes.size > 0) staying.stayIfAsEven(arrivals);
}

class Staying {
  private readonly assignment: Assignment;

  constructor(assignment: Assignment) {
    this.assignment = assignment;
  }

  /** Two shards of a bucket that would change places stay where they are, if they may: the counts are the same. */
  cancelOpposites(arrivals: readonly number[]): void {
    const {table, target} = this.assignment.task;
    const waiting = new Map<string, number[]>();
    for (const shard of new Set([...arrivals, ...this.assignment.causes.keys()])) {
      const [from, to] = [table.current[shard] ?? -1, target[shard] ?? -1];
      if (from < 0 || to < 0 || from === to || !this.assignment.mayStay(shard)) continue;
      const bucket = table.bucket[shard] ?? 0;
      const opposite = waiting.get(`${bucket} ${to} ${from}`)?.pop();
      if (opposite !== undefined && this.sendBack(shard, opposite)) continue;
      const key = `${bucket} ${from} ${to}`;
      waiting.set(key, [...(waiting.get(key) ?? []), shard]);
    }
  }

  private sendBack(one: number, two: number): boolean {
    const {table, target} = this.assignment.task;
    const [home, away] = [table.current[one] ?? -1, target[one] ?? -1];
    if (
      !this.assignment.occupants.fits(one, home, two) ||
      !this.assignment.occupants.fits(two, away, one)
    )
      return false;
    this.assignment.unassign(one, away);
    this.assignment.unassign(two, home);
    this.assignment.goTo(one, away, home);
    this.assignment.goTo(two, home, away);
    this.assignment.causes.delete(one);
    this.assignment.causes.delete(two);
    return true;
  }

  /** Moves that leave all no more even than it is are not made: plan after plan would only exchange who is where. */
  stayIfAsEven(arrivals: readonly number[]): void {
    const {table, target, bounds} = this.assignment.task;
    const moved = [...new Set([...arrivals, ...this.assignment.causes.keys()])].filter(
      (shard) =>
        this.assignment.mayStay(shard) &&
        (target[shard] ?? -1) >= 0 &&
        target[shard] !== table.current[shard],
    );
    const away = moved.map((shard) => target[shard] ?? -1);
    const causes = moved.map((shard) => this.assignment.causes.get(shard));
    const before = bounds.unevenness();
    for (const [at, shard] of moved.entries()) this.assignment.unassign(shard, away[at] ?? -1);
    for (const [at, shard] of moved.entries())
      this.assignment.goTo(shard, away[at] ?? -1, table.current[shard] ?? -1);
    const fits = moved.every((shard) =>
      this.assignment.occupants.holds(shard, table.current[shard] ?? -1),
    );
    const stay = fits && bounds.unevenness() <= before;
    if (!stay)
      for (const shard of moved) this.assignment.unassign(shard, table.current[shard] ?? -1);
    for (const [at, shard] of moved.entries()) {
      if (!stay) this.assignment.goTo(shard, table.current[shard] ?? -1, away[at] ?? -1);
      const cause = causes[at];
      if (stay || cause === undefined) this.assignment.causes.delete(shard);
      else this.assignment.causes.set(shard, cause);
    }
  }
}
