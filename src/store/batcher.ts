/**
 * Merges independent small transactions into one of etcd's: the client saturates near 10,000 calls a second, ownership
 * needs more. Each member keeps its own outcome. A merged refusal wrote nothing: it is sent once more with the reads that tell whose
 * compares do not hold, then the others are sent again. An unknown outcome is unknown for all and nothing is repeated.
 * Members wait in lanes, which are served by turns: a long queue of one app costs another one turn. A lane where more waits than one batch takes has batches of its
 * own: others do not wait for what it asks of the store, and are not sent again for what is refused of it.
 */
import type {BulkAdmission} from '../runtime/bulk-work.ts';
import {holds} from './port.ts';
import type {Compare, KeyValue, Operation, Store, Transaction, TransactionOutcome} from './port.ts';
import {
  BATCHES_IN_FLIGHT,
  BATCH_BYTES,
  BATCH_OPERATIONS,
  LIST_LIMIT,
  QUEUE_COMPACTED_FROM,
} from './limits.ts';

export interface BatcherLimits {
  /** Most entries of each list of a merged transaction; etcd allows 128. Default 100. */
  readonly maxOperations?: number;
  /** Most bytes of values of a merged transaction; etcd allows 1.5 MiB. Default 262144. */
  readonly maxBytes?: number;
  /** Merged transactions under way at once; meanwhile newcomers gather. Default 8. */
  readonly maxInFlight?: number;
}

export interface BatcherOptions extends BatcherLimits {
  /** When a batch of a long lane may begin. Absent: at once. */
  readonly bulkWork?: BulkAdmission;
}

interface Queued {
  readonly lane: string;
  readonly isUrgent: boolean;
  readonly transaction: Transaction;
  readonly resolve: (outcome: TransactionOutcome) => void;
}

/** Takes transactions of one lane. */
export interface BatchLane {
  submit(transaction: Transaction): Promise<TransactionOutcome>;
}

/** Queued transactions of one lane, in their order. */
class Lane {
  private members: Queued[] = [];
  /** Those before this one have been sent. */
  private head = 0;
  private most = 0;

  get next(): Queued | undefined {
    return this.members[this.head];
  }

  /** So many have waited at once since it was empty. */
  get longest(): number {
    return this.most;
  }

  push(member: Queued): void {
    this.members.push(member);
    this.most = Math.max(this.most, this.members.length - this.head);
  }

  shift(): void {
    this.head += 1;
    if (this.head < this.members.length && this.head < QUEUE_COMPACTED_FROM) return;
    this.members = this.members.slice(this.head);
    this.head = 0;
  }

  /** Comes before all that wait. */
  again(member: Queued): void {
    this.members = [member, ...this.members.slice(this.head)];
    this.head = 0;
  }
}

class Batch {
  readonly members: Queued[] = [];
  private readonly compares = new Map<string, Compare>();
  private readonly written = new Set<string>();
  private readonly read = new Set<string>();
  private operations = 0;
  private bytes = 0;

  /** False when the member does not fit: limits, or it touches a key that a member before it writes. */
  take(member: Queued, limits: Required<BatcherLimits>): boolean {
    const {compares, then, otherwise = []} = member.transaction;
    const bytes = bytesOf(member.transaction);
    if (this.members.length > 0 && !this.fits(member.transaction, bytes, limits)) return false;
    this.members.push(member);
    for (const compare of compares) {
      this.compares.set(nameOf(compare), compare);
      this.read.add(compare.key);
    }
    for (const {key} of otherwise) this.read.add(key);
    for (const operation of then) if (operation.op !== 'get') this.written.add(operation.key);
    this.operations += then.length;
    this.bytes += bytes;
    return true;
  }

  private fits(
    {compares, then, otherwise = []}: Transaction,
    bytes: number,
    limits: Required<BatcherLimits>,
  ): boolean {
    if (
      this.operations + then.length > limits.maxOperations ||
      this.bytes + bytes > limits.maxBytes
    )
      return false;
    let newCompares = 0;
    let newReads = 0;
    for (const compare of compares) {
      // Merged, it would be checked as if it came before that write, and two that write what the other compares both pass.
      if (this.written.has(compare.key)) return false;
      if (!this.compares.has(nameOf(compare))) newCompares += 1;
      if (!this.read.has(compare.key)) newReads += 1;
    }
    for (const {key} of otherwise) if (!this.read.has(key)) newReads += 1;
    if (this.compares.size + newCompares > LIST_LIMIT || this.read.size + newReads > LIST_LIMIT)
      return false;
    return then.every((operation) => operation.op === 'get' || !this.written.has(operation.key));
  }

  merged(): Transaction {
    return {
      compares: [...this.compares.values()],
      then: this.members.flatMap(({transaction}) => transaction.then),
    };
  }

  /** What is read to tell whose compares do not hold. */
  looks(): Operation[] {
    return [...this.read].map((key) => ({op: 'get', key}));
  }
}

export class TransactionBatcher {
  private readonly store: Store;
  private readonly limits: Required<BatcherLimits>;
  private readonly bulkWork: BulkAdmission | undefined;
  /** Lanes where something waits, in the order of their turns. */
  private readonly lanes = new Map<string, Lane>();
  private inFlight = 0;
  private flushQueued = false;
  /** Of the last batch and this one, one at least is of short lanes, if any wait. */
  private wasLong = true;
  /** Whether a batch of a long lane waits for its turn, or has had it and may begin. */
  private longTurn: 'none' | 'waiting' | 'given' = 'none';

  constructor(store: Store, {bulkWork, ...limits}: BatcherOptions = {}) {
    this.store = store;
    this.bulkWork = bulkWork;
    this.limits = {
      maxOperations: limits.maxOperations ?? BATCH_OPERATIONS,
      maxBytes: limits.maxBytes ?? BATCH_BYTES,
      maxInFlight: limits.maxInFlight ?? BATCHES_IN_FLIGHT,
    };
  }

  /** Sends the transaction, merged with others of the same turn where that is possible. Its `otherwise` holds gets only. */
  submit(transaction: Transaction, lane = '', isUrgent = false): Promise<TransactionOutcome> {
    if (lane !== '' && !isUrgent) this.bulkWork?.noteUse(lane);
    return new Promise((resolve) => {
      this.laneOf(lane).push({lane, isUrgent, transaction, resolve});
      this.queueFlush();
    });
  }

  /** For transactions that wait for one another and for no others. `isUrgent`: they don't wait as bulk work either, however many there are. Default: no. */
  lane(name: string, {isUrgent = false} = {}): BatchLane {
    return {submit: (transaction) => this.submit(transaction, name, isUrgent)};
  }

  private laneOf(name: string): Lane {
    let lane = this.lanes.get(name);
    if (lane === undefined) {
      lane = new Lane();
      this.lanes.set(name, lane);
    }
    return lane;
  }

  private queueFlush(): void {
    if (this.flushQueued) return;
    this.flushQueued = true;
    setImmediate(() => {
      this.flushQueued = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.inFlight < this.limits.maxInFlight) {
      const lanes = this.lanesOfNext();
      if (lanes.size === 0) return;
      const batch = new Batch();
      this.fill(batch, lanes);
      this.inFlight += 1;
      void this.send(batch).finally(() => {
        this.inFlight -= 1;
        if (this.lanes.size > 0) this.queueFlush();
      });
    }
  }

  /** The lanes whose members go together: all that are short, or a long one alone, by turns. */
  private lanesOfNext(): Map<string, Lane> {
    const {maxOperations} = this.limits;
    const lanes = [...this.lanes];
    const short = lanes.filter(([, {longest}]) => longest <= maxOperations);
    const long = lanes.find(([, {longest}]) => longest > maxOperations);
    const isLongNext = short.length === 0 || !this.wasLong;
    const isLong = long !== undefined && isLongNext && this.mayBegin(...long);
    if (isLong || short.length > 0) this.wasLong = isLong;
    return new Map(isLong ? [long] : short);
  }

  /** Whether a batch of a long lane begins; otherwise it has asked for its turn. */
  private mayBegin(name: string, lane: Lane): boolean {
    const {bulkWork} = this;
    if (bulkWork === undefined || lane.next?.isUrgent === true) return true;
    if (this.longTurn === 'given' || (this.longTurn === 'none' && bulkWork.tryBegin(name))) {
      this.longTurn = 'none';
      return true;
    }
    if (this.longTurn === 'none') void bulkWork.turn(name).then(() => this.giveLongTurn());
    this.longTurn = 'waiting';
    return false;
  }

  private giveLongTurn(): void {
    this.longTurn = 'given';
    this.queueFlush();
  }

  /** One member of each lane after the other. A lane whose next member does not fit has the first turn of a later batch. */
  private fill(batch: Batch, open: Map<string, Lane>): void {
    while (open.size > 0) {
      for (const [name, lane] of open) {
        const member = lane.next;
        if (member === undefined || !batch.take(member, this.limits)) {
          open.delete(name);
          continue;
        }
        lane.shift();
        // Who has had a turn stands behind those that have not.
        this.lanes.delete(name);
        if (lane.next === undefined) open.delete(name);
        else this.lanes.set(name, lane);
      }
    }
  }

  private async send(batch: Batch): Promise<void> {
    const [first] = batch.members;
    if (batch.members.length === 1 && first !== undefined) {
      first.resolve(await this.store.transact(first.transaction));
      return;
    }
    const merged = batch.merged();
    let looks: readonly Operation[] = [];
    let outcome = await this.store.transact(merged);
    // Refusals are rare: only then are the reads worth their way.
    if (outcome.kind === 'refused') {
      looks = batch.looks();
      outcome = await this.store.transact({...merged, otherwise: looks});
    }
    if (outcome.kind === 'committed') this.spread(batch, outcome);
    else if (outcome.kind === 'refused') this.splitRefused(batch, looks, outcome);
    else for (const member of batch.members) member.resolve(outcome);
  }

  private spread(batch: Batch, outcome: Extract<TransactionOutcome, {kind: 'committed'}>): void {
    let at = 0;
    for (const {transaction, resolve} of batch.members) {
      const answers = outcome.answers.slice(at, at + transaction.then.length);
      at += transaction.then.length;
      resolve({kind: 'committed', revision: outcome.revision, answers});
    }
  }

  private splitRefused(
    batch: Batch,
    looked: readonly Operation[],
    outcome: Extract<TransactionOutcome, {kind: 'refused'}>,
  ): void {
    const found = new Map<string, KeyValue | undefined>();
    for (const [index, {key}] of looked.entries()) found.set(key, outcome.answers[index]);
    const again: Queued[] = [];
    for (const member of batch.members) {
      const {compares, otherwise = []} = member.transaction;
      if (compares.every((compare) => holds(compare, found.get(compare.key)))) again.push(member);
      else
        member.resolve({
          kind: 'refused',
          revision: outcome.revision,
          answers: otherwise.map(({key}) => found.get(key)),
        });
    }
    if (again.length === 0) return;
    for (const member of again.reverse()) this.laneOf(member.lane).again(member);
    this.queueFlush();
  }
}

function nameOf({key, target, op, value}: Compare): string {
  return `${target}${op}${value} ${key}`;
}

function bytesOf({compares, then}: Transaction): number {
  let bytes = 0;
  for (const compare of compares) if (compare.target === 'value') bytes += compare.value.length;
  for (const operation of then) if (operation.op === 'put') bytes += operation.value.length;
  return bytes;
}
