/** Orders of operators at random, one after the other, while containers come and go and time passes; after each the rules that a user relies on are checked. */
import {SmError} from '../../../../src/model/errors.ts';
import {plan} from '../../../../src/planner/index.ts';
import {encodeIdHolder} from '../../../../src/protocol/container-id.ts';
import {Random} from '../../../simulation/random.ts';
import {NOW_MS, World, heartbeat} from '../fixture.ts';
import {CONTAINERS, SERVICE, SHARDS, randomOrder} from './random-orders.ts';
import type {Order} from './random-orders.ts';

/** Values of the app's specs by key. */
type Specs = Readonly<Record<string, string>>;
/** What an order has changed: what was there before, by key; undefined: nothing. */
type Change = ReadonlyMap<string, string | undefined>;
interface Audited {
  readonly mod: number;
}
interface Outcome {
  readonly answer?: Record<string, unknown>;
  readonly error?: SmError;
}

const MINUTE_MS = 60_000;
/** Said twice they change nothing the second time. */
const REPEATABLE = new Set([
  ...['cordon', 'drain', 'uncordon', 'addShard', 'addShards', 'updateShard', 'setContainer'],
  ...['addWorker', 'updateSpec', 'setQuota', 'releaseStop'],
]);
/** Permissions to stop are no specs. */
const NO_SPECS = new Set(['canStop', 'releaseStop']);

export class OrdersWalk {
  /** How often an order had this outcome: `undo true`, `undo CONFLICT`. */
  readonly outcomes = new Map<string, number>();
  private readonly random: Random;
  private readonly world: World;
  private wallMs = NOW_MS;
  private incarnations = 0;
  private readonly living = new Map<string, string>();
  /** By revision of the audit's entry. */
  private readonly changes = new Map<number, Change>();
  /** Revision of the newest entry about the key. */
  private readonly newest = new Map<string, number>();
  private readonly said: string[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
    this.world = new World({plan, wallMs: () => this.wallMs});
  }

  /** @throws Error that says which rule was broken, and what came before. */
  async run(steps: number): Promise<void> {
    await this.world.call('addSpec', {service: SERVICE, maxRecoveryTime: 0});
    for (const container of CONTAINERS) await this.join(container);
    for (let step = 0; step < steps; step += 1) {
      const event = this.random.byShare([
        [4, () => this.join(this.random.pick(CONTAINERS))],
        [2, () => this.die(this.random.pick(CONTAINERS))],
        [4, () => this.pass()],
        [6, () => this.own()],
        [1, () => this.beginAnew()],
      ]);
      await (event ?? (() => this.order()))();
    }
  }

  private async join(container: string): Promise<void> {
    await this.die(container);
    this.incarnations += 1;
    const incarnation = `${container}-${this.incarnations}`;
    await this.world.put(this.world.keys.heartbeat(SERVICE, incarnation), heartbeat(container));
    await this.world.put(
      this.world.keys.containerId(SERVICE, container),
      encodeIdHolder(incarnation),
    );
    this.living.set(container, incarnation);
  }

  private async die(container: string): Promise<void> {
    const incarnation = this.living.get(container);
    if (incarnation === undefined) return;
    await this.world.delete(this.world.keys.heartbeat(SERVICE, incarnation));
    this.living.delete(container);
  }

  private async pass(): Promise<void> {
    this.wallMs += this.random.pick([1_000, MINUTE_MS / 2, MINUTE_MS + 10_000]);
  }

  private async own(): Promise<void> {
    const container = this.random.pick(CONTAINERS);
    const incarnation = this.living.get(container);
    if (incarnation === undefined) return;
    await this.world.own(SERVICE, this.random.pick(SHARDS), {container, incarnation});
  }

  /** The app is removed and created again: nothing of before may come back. */
  private async beginAnew(): Promise<void> {
    for (const key of Object.keys(await this.specs())) await this.world.delete(key);
    for (const change of this.changes.values())
      for (const key of change.keys()) this.newest.set(key, Number.POSITIVE_INFINITY);
    await this.world.call('addSpec', {service: SERVICE, maxRecoveryTime: 0});
    this.said.push('app anew');
  }

  private async order(): Promise<void> {
    const order = randomOrder(this.random, [...this.changes.keys()]);
    const before = await this.specs();
    const tried = await this.give({...order, input: {...order.input, dryRun: true}});
    const unchanged = changeOf(before, await this.specs());
    if (unchanged.size > 0) this.broken(`a dry run of ${order.operation} has changed something`);
    const entries = await this.entries();
    const outcome = await this.give(order);
    const after = await this.specs();
    const made = changeOf(before, after);
    const fresh = (await this.entries()).slice(entries.length);
    this.note(order, outcome, made);
    this.checkOutcome(order, tried, outcome, made);
    this.checkAudit(order, outcome, made, fresh);
    if (order.operation === 'undo' && outcome.answer !== undefined)
      this.checkUndo(outcome.answer, made, after);
    const [entry] = fresh.slice(-1);
    if (made.size > 0 && entry !== undefined) this.remember(entry.mod, made);
    await this.checkRepeated(order, outcome);
  }

  private async give({operation, input}: Order): Promise<Outcome> {
    try {
      const given = {service: SERVICE, ...input};
      const answer = await this.world.call(operation, given as never);
      return {answer: answer as unknown as Record<string, unknown>};
    } catch (error) {
      if (!(error instanceof SmError)) throw error;
      if (error.message === '' || (error.hint ?? '') === '')
        this.broken(`${operation} is refused without a reason and a way out: ${error.message}`);
      return {error};
    }
  }

  private note({operation, input}: Order, {answer, error}: Outcome, made: Change): void {
    const how = error?.code ?? String(answer?.['changed']);
    const name = `${operation} ${how}`;
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
    const why = error === undefined ? '' : `: ${error.message}`;
    this.said.push(`${operation} ${JSON.stringify(input)} ${how}${why}, keys ${made.size}`);
  }

  private checkOutcome({operation}: Order, tried: Outcome, outcome: Outcome, made: Change): void {
    if (tried.error?.code !== outcome.error?.code)
      this.broken('the dry run was answered otherwise');
    if (outcome.error !== undefined && made.size > 0) this.broken('refused, and changed');
    if (outcome.answer === undefined || NO_SPECS.has(operation)) return;
    if ((outcome.answer['changed'] === true) !== made.size > 0)
      this.broken('`changed` is not what has happened');
  }

  private checkAudit(
    {operation}: Order,
    {error}: Outcome,
    made: Change,
    fresh: readonly Audited[],
  ): void {
    if (made.size > 0 && fresh.length === 0) this.broken('a change without an entry of the audit');
    if (NO_SPECS.has(operation)) return;
    if (fresh.length > 0 && (error !== undefined || made.size === 0))
      this.broken('an entry of the audit without a change');
  }

  /** Exactly what the order had found is there again, and nothing else has changed. */
  private checkUndo(answer: Record<string, unknown>, made: Change, after: Specs): void {
    const revision = Number((answer['undone'] as {revision: string}).revision);
    const undone = this.changes.get(revision);
    if (undone === undefined) return this.broken(`undone is ${revision}, which nobody has ordered`);
    for (const [key, was] of undone) {
      if (this.newest.get(key) !== revision) this.broken(`undone, though changed since: ${key}`);
      if (this.comparable(after[key]) !== this.comparable(was))
        this.broken(`not as before: ${key} was ${was}, is ${after[key]}`);
    }
    for (const key of made.keys()) if (!undone.has(key)) this.broken(`changed besides: ${key}`);
  }

  /** Without what an undo changes by intent: the version of a task grows, and a pin that has ended does not come back. */
  private comparable(text: string | undefined): string | undefined {
    // Of a worker the key says all.
    if (text === undefined || text === '') return text;
    const spec = JSON.parse(text) as Record<string, unknown>;
    const {until} = (spec['pinned'] ?? {}) as {until?: string};
    const hasEnded = until !== undefined && Date.parse(until) <= this.wallMs;
    const ended = hasEnded ? {pinned: null, cancelledMove: null, manualContainerId: ''} : {};
    const known = {...spec, ...ended, taskVersion: null, updateTime: null};
    return JSON.stringify(
      Object.entries(known)
        .filter(([, value]) => value !== null)
        .sort(([left], [right]) => (left < right ? -1 : 1)),
    );
  }

  private async checkRepeated(order: Order, {answer}: Outcome): Promise<void> {
    const {operation, input} = order;
    if (answer === undefined || !REPEATABLE.has(operation)) return;
    // A new end is a change.
    if (input['pinForMs'] !== undefined || input['pauseForMs'] !== undefined) return;
    const again = await this.give(order);
    if (again.answer?.['changed'] !== false)
      this.broken(`said again, it changes something or is refused: ${again.error?.message}`);
  }

  private remember(revision: number, made: Change): void {
    this.changes.set(revision, made);
    for (const key of made.keys()) this.newest.set(key, revision);
  }

  private async specs(): Promise<Specs> {
    const {entries} = await this.world.memory.list([this.world.keys.appSpecPrefix(SERVICE)]);
    return Object.fromEntries(entries.map(({key, value}) => [key, value]));
  }

  private async entries(): Promise<readonly Audited[]> {
    return (await this.world.memory.list([this.world.keys.auditPrefix()])).entries;
  }

  private broken(what: string): void {
    throw new Error(`${what}\n${this.said.slice(-20).join('\n')}`);
  }
}

function changeOf(before: Specs, after: Specs): Change {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...keys].filter((key) => before[key] !== after[key]);
  return new Map(changed.map((key) => [key, before[key]]));
}
