/**
 * What the containers of one process did, in order, and the judge of it: at no moment may two handles of one shard pass
 * their guard, and tokens may only grow. It looks at every hook and besides every few ms.
 */
import type {Shard} from '../../src/container/index.ts';

export type LogEvent = 'add' | 'added' | 'drop' | 'dropped' | 'ended';

export interface LogEntry {
  readonly atMs: number;
  readonly event: LogEvent;
  readonly container: string;
  readonly shard: string;
  readonly token: string;
  /** Why drop was called. */
  readonly reason?: string;
}

interface Given {
  readonly container: string;
  readonly incarnation: string;
  readonly handle: Shard;
}

const LOOK_EVERY_MS = 5;

export class OwnershipLog {
  readonly entries: LogEntry[] = [];
  readonly violations: string[] = [];
  private readonly given = new Map<string, Given[]>();
  private readonly highest = new Map<string, {token: string; incarnation: string}>();
  private readonly timer: NodeJS.Timeout;

  constructor() {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  note(event: LogEvent, container: string, shard: Shard, reason?: string): void {
    const entry = {
      atMs: performance.now(),
      event,
      container,
      shard: shard.id,
      token: shard.token,
    };
    this.entries.push(reason === undefined ? entry : {...entry, reason});
    this.lookAt(shard.id);
  }

  /** A handle was given to a container. */
  handed(container: string, incarnation: string, handle: Shard): void {
    const before = this.highest.get(handle.id);
    if (before !== undefined && handle.token < before.token)
      this.violations.push(`${handle.id}: token ${handle.token} after ${before.token}`);
    if (before?.token === handle.token && before.incarnation !== incarnation)
      this.violations.push(`${handle.id}: token ${handle.token} was given to two incarnations`);
    this.highest.set(handle.id, {token: handle.token, incarnation});
    const list = this.given.get(handle.id) ?? [];
    list.push({container, incarnation, handle});
    this.given.set(handle.id, list);
    this.note('add', container, handle);
  }

  /** Events of a shard, or of all, as `add c1` texts. */
  story(shard?: string): string[] {
    return this.entries
      .filter((entry) => shard === undefined || entry.shard === shard)
      .map(({event, container}) => `${event} ${container}`);
  }

  count(event: LogEvent, shard?: string): number {
    return this.entries.filter(
      (entry) => entry.event === event && (shard === undefined || entry.shard === shard),
    ).length;
  }

  /** Container whose handle passes its guard now; '' for none. */
  ownerOf(shard: string): string {
    return this.given.get(shard)?.find(({handle}) => handle.owned)?.container ?? '';
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const shard of this.given.keys()) this.lookAt(shard);
  }

  private lookAt(shard: string): void {
    const acting = (this.given.get(shard) ?? []).filter(({handle}) => handle.owned);
    if (acting.length > 1)
      this.violations.push(
        `${shard} is owned by ${acting.map(({container}) => container).join(' and ')} at once`,
      );
  }
}
