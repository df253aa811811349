/** The machines of one container's shards: which of them have something to do, when, and the marks of those that are gone. */
import type {OverdueHook} from '../model/container.ts';
import type {RunningHook} from './session-actions.ts';
import type {ShardAction, ShardContext} from './shard-actions.ts';
import {ShardMachine} from './shard-machine.ts';
import {ASKED_LIMIT, MARKS_LIMIT} from './limits.ts';
import {OVERDUE_SHOWN} from '../model/limits.ts';

export class ShardMachines {
  readonly machines = new Map<string, ShardMachine>();
  private readonly marks = new Map<string, number>();
  private ops = 0;
  private readonly nextOp = (): number => (this.ops += 1);
  private readonly dirty = new Set<string>();
  /** Machines that wait for an instant. */
  private readonly timed = new Map<string, number>();
  private readonly stuck = new Map<string, OverdueHook>();
  private readonly asked = new Set<string>();

  /** The first of the hooks that have outlasted their limits. */
  get overdue(): readonly OverdueHook[] {
    return [...this.stuck.values()].slice(0, OVERDUE_SHOWN);
  }

  /** Hooks that have not returned. */
  get running(): readonly RunningHook[] {
    return [...this.machines.values()].flatMap(({shard, running}) =>
      running === undefined ? [] : [{shard, hook: running}],
    );
  }

  /** Nothing is owned, no hook runs, and no answer is awaited that could change that. */
  get allGone(): boolean {
    for (const machine of this.machines.values()) if (!machine.gone) return false;
    return true;
  }

  /** The shard's machine, made if there is none; it is looked at by the next `advance`. */
  of(shard: string): ShardMachine {
    let machine = this.machines.get(shard);
    if (machine === undefined) {
      machine = new ShardMachine(shard, this.marks.get(shard) ?? 0, this.nextOp);
      this.machines.set(shard, machine);
    }
    this.dirty.add(shard);
    return machine;
  }

  /** The machine of a shard that a hint speaks of; undefined when too many are asked for: whoever means it repeats the hint. */
  hinted(shard: string): ShardMachine | undefined {
    if (!this.machines.has(shard)) {
      if (this.asked.size >= ASKED_LIMIT) return undefined;
      this.asked.add(shard);
    }
    return this.of(shard);
  }

  /** The shard's machine if there is one; it is looked at by the next `advance`. */
  touch(shard: string): ShardMachine | undefined {
    const machine = this.machines.get(shard);
    if (machine !== undefined) this.dirty.add(shard);
    return machine;
  }

  touchAll(): void {
    for (const shard of this.machines.keys()) this.dirty.add(shard);
  }

  /** Another history of the store begins: nothing is owned in it, and no mark counts. */
  forgetHistory(): void {
    this.marks.clear();
    for (const machine of this.machines.values()) machine.forgetHistory();
    this.touchAll();
  }

  /** The next steps of the machines that were touched or whose moment has come. */
  advance(contextNow: () => ShardContext, nowMs: number): ShardAction[] {
    for (const [shard, at] of this.timed) if (at <= nowMs) this.dirty.add(shard);
    if (this.dirty.size === 0) return [];
    const actions: ShardAction[] = [];
    const context = contextNow();
    for (const shard of this.dirty) {
      const machine = this.machines.get(shard);
      if (machine === undefined) continue;
      actions.push(...machine.advance(context, nowMs));
      this.wakeAt(shard, machine.wakeAtMs(context));
      if (machine.stuck === undefined) this.stuck.delete(shard);
      else
        this.stuck.set(shard, {
          ...{shard, hook: machine.stuck},
          sinceMs: Math.round(machine.hookSinceMs),
        });
      if (machine.owned !== undefined) this.asked.delete(shard);
      if (machine.idle) this.retire(shard, machine);
    }
    this.dirty.clear();
    return actions;
  }

  /** When `advance` has to be called even if nothing is touched. */
  wakeAtMs(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const machineAt of this.timed.values()) at = Math.min(at, machineAt);
    return at;
  }

  private wakeAt(shard: string, atMs: number): void {
    if (Number.isFinite(atMs)) this.timed.set(shard, atMs);
    else this.timed.delete(shard);
  }

  private retire(shard: string, machine: ShardMachine): void {
    this.machines.delete(shard);
    this.timed.delete(shard);
    this.asked.delete(shard);
    // Newest last. A shard that nothing is known of, and anybody may ask for any, takes no place of one that was here.
    this.marks.delete(shard);
    if (machine.mark > 0) this.marks.set(shard, machine.mark);
    if (this.marks.size <= MARKS_LIMIT) return;
    const oldest = this.marks.keys().next();
    if (oldest.done !== true) this.marks.delete(oldest.value);
  }
}
