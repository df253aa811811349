/** Short histories of an app: one key a round, named by time, so that names sort; the oldest rounds go. */
import type {Clock} from '../../runtime/clock.ts';
import {jsonIn} from '../../protocol/foreign-json.ts';
import {encodeRecord} from '../../protocol/records.ts';
import type {Operation, Store} from '../../store/port.ts';
import {
  DROPS_PER_ROUND,
  ITEMS_KEPT,
  UNWRITTEN_CHARACTERS_MAX,
  UNWRITTEN_OPERATIONS_MAX,
} from './limits.ts';

interface Round {
  readonly key: string;
  /** How many it holds. */
  readonly items: number;
}

export class RoundHistory {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly prefix: string;
  /** Oldest first. */
  private rounds: Round[] | undefined;
  private number = 0;
  /** Operations of the rounds that may not have been carried out, oldest first. Each names its key, so that a second time changes nothing. */
  private unwritten: (readonly Operation[])[] = [];

  constructor({store, clock}: {store: Store; clock: Clock}, prefix: string) {
    this.store = store;
    this.clock = clock;
    this.prefix = prefix;
  }

  /** The operations that may not have been carried out. */
  get left(): Operation[] {
    return this.unwritten.flat();
  }

  /** The operations were carried out. */
  written(operations: readonly Operation[]): void {
    const done = new Set(operations);
    this.unwritten = this.unwritten.filter((round) => !round.every((one) => done.has(one)));
  }

  /**
   * The operations that write a round, with all before it that may not have been carried out, and delete what has become too old. Tell `written` when they
   * are.
   */
  async round(items: readonly object[]): Promise<Operation[]> {
    const known = this.rounds ?? (await this.listed());
    this.number += 1;
    const at = String(Math.floor(this.clock.wallMs())).padStart(14, '0');
    const key = `${this.prefix}${at}-${String(this.number % 10_000).padStart(4, '0')}`;
    const rounds = [...(known ?? []), {key, items: Math.max(1, items.length)}];
    const old = rounds.splice(0, Math.min(DROPS_PER_ROUND, tooOld(rounds)));
    // What could not be listed is listed with the next round, else it would stay for ever.
    if (known !== undefined) this.rounds = rounds;
    const gone = new Set(old.map((one) => one.key));
    const deletions = [...gone].map((one): Operation => ({op: 'delete', key: one}));
    // A transaction names a key once.
    const others = this.unwritten.map((round) => round.filter((one) => !gone.has(one.key)));
    this.unwritten = [...others, [{op: 'put', key, value: encodeRecord(items)}, ...deletions]];
    while (this.unwritten.length > 1 && areTooMany(this.left)) this.unwritten.shift();
    const operations = this.left;
    // What etcd may refuse for its size by itself must not keep what comes after it from being written.
    if (areTooMany(operations)) this.unwritten = [];
    return operations;
  }

  private async listed(): Promise<Round[] | undefined> {
    const read = await this.store.list([this.prefix]).catch(() => undefined);
    return read?.entries.map(({key, value}) => ({key, items: itemsOf(value)}));
  }
}

function areTooMany(operations: readonly Operation[]): boolean {
  let characters = 0;
  for (const one of operations) characters += one.op === 'put' ? one.value.length : 0;
  return operations.length > UNWRITTEN_OPERATIONS_MAX || characters > UNWRITTEN_CHARACTERS_MAX;
}

/** How many of the oldest rounds can go while the newest items are kept. */
function tooOld(rounds: readonly Round[]): number {
  let left = rounds.reduce((sum, {items}) => sum + items, 0);
  let old = 0;
  for (const {items} of rounds) {
    left -= items;
    if (left < ITEMS_KEPT) break;
    old += 1;
  }
  return old;
}

/** One that is empty, or cannot be read, counts as one. */
function itemsOf(text: string): number {
  const parsed = jsonIn(text);
  return Array.isArray(parsed) ? Math.max(1, parsed.length) : 1;
}
