/**
 * Planted faults that prove the checker bites: each breaks one rule of protocol.md in the running machines until `undo`.
 * Tried and found to be no fault of their own, because another guard doubles them: a session that forgets its fence (the guard of each
 * effect reads the clock itself), an eviction that ignores an open id.
 */
import {ShardHandle} from '../../src/container/shard.ts';
import {SessionDriver} from '../../src/container/session-driver.ts';
import {HintSchedule} from '../../src/governor/hints.ts';
import type {WriteAnswer} from '../../src/ownership/shard-actions.ts';
import {ContainerSession} from '../../src/ownership/session.ts';
import {ShardMachine} from '../../src/ownership/shard-machine.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';
import type {Compare, Transaction} from '../../src/store/port.ts';
import type {Clock} from '../../src/runtime/clock.ts';
import {SimProcess} from './process.ts';
import {SimulatedStore} from './simulated-store.ts';

export interface Mutant {
  readonly name: string;
  /** The rule that it breaks. */
  readonly breaks: string;
  /** Plants it; returns how to take it out. */
  readonly plant: () => () => void;
}

type Methods = Record<string, (...parameters: never[]) => unknown>;

/** Replaces a method of a class. */
function method(
  type: {prototype: object},
  name: string,
  replacement: (
    original: (...parameters: unknown[]) => unknown,
  ) => (...parameters: never[]) => unknown,
): () => void {
  const methods = type.prototype as Methods;
  const original = methods[name];
  if (original === undefined) throw new Error(`no method ${name}`);
  methods[name] = replacement(original as never);
  return () => void (methods[name] = original);
}

/** Replaces a getter of a class. */
function getter(type: {prototype: object}, name: string, get: () => unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(type.prototype, name);
  if (original === undefined) throw new Error(`no getter ${name}`);
  Object.defineProperty(type.prototype, name, {configurable: true, get});
  return () => void Object.defineProperty(type.prototype, name, original);
}

/** Transactions lose the compares that match. */
function withoutCompares(
  lost: (compare: Compare, transaction: Transaction) => boolean,
): () => void {
  return method(
    SimulatedStore,
    'transact',
    (original) =>
      function (this: unknown, ...parameters: never[]) {
        const [transaction, options] = parameters as unknown as [Transaction, unknown];
        const compares = transaction.compares.filter((compare) => !lost(compare, transaction));
        return original.call(this, {...transaction, compares}, options);
      },
  );
}

function deletesHeartbeat({then}: Transaction): boolean {
  return then.some(({op, key}) => op === 'delete' && key.includes('/hb/'));
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'deadline from receipt',
    breaks: 'the deadline counts from the moment the heartbeat was sent',
    plant: () =>
      method(
        ContainerSession,
        'heartbeatAnswered',
        (original) =>
          function (this: ContainerSession, ...parameters: never[]) {
            const before = this.heartbeat.deadlineMs;
            original.apply(this, parameters);
            const nowMs = parameters[2] as unknown as number;
            if (this.heartbeat.deadlineMs > before)
              this.heartbeat.deadlineMs = nowMs + 0.99 * this.heartbeat.ttlMs - 100;
          },
      ),
  },
  {
    name: 'half the silence',
    breaks: 'a container is evicted after W, not before',
    plant: () =>
      method(
        FailureDetector,
        'quietMs',
        (original) =>
          function (this: unknown, ...parameters: never[]) {
            return 2 * Number(original.apply(this, parameters));
          },
      ),
  },
  {
    name: 'free before drop has ended',
    breaks: 'free waits until all work has settled',
    plant: () =>
      getter(ShardMachine, 'quiet', function (this: {hook: string}) {
        return this.hook === 'none' || this.hook === 'dropping';
      } as () => unknown),
  },
  {
    name: 'guard without a clock',
    breaks: 'the guard compares clock and deadline at each effect',
    plant: () => method(SessionDriver, 'remainingMs', () => () => 1_000),
  },
  {
    name: 'no compare of the record',
    breaks: 'each transition compares the record as last seen',
    plant: () => withoutCompares(({key, target}) => target === 'mod' && key.includes('/own/s')),
  },
  {
    name: 'hints are believed',
    breaks: 'what a hint tells of a record is compared with the record',
    plant: () => withoutCompares(({target}) => target === 'value'),
  },
  {
    name: 'eviction of whatever version',
    breaks: 'an eviction compares the version whose age was measured',
    plant: () =>
      withoutCompares(
        ({key, target}, transaction) =>
          target === 'mod' && key.includes('/hb/') && deletesHeartbeat(transaction),
      ),
  },
  {
    name: 'hints are not repeated',
    breaks: 'hints repeat until the record is ready or free',
    plant: () =>
      method(
        HintSchedule,
        'scan',
        () =>
          function (this: {scanAtMs: number}) {
            this.scanAtMs = Number.POSITIVE_INFINITY;
          },
      ),
  },
  {
    name: 'unknown taken for refused',
    breaks: 'a claim of unknown outcome is read and adopted',
    plant: () =>
      method(
        ShardMachine,
        'writeAnswered',
        (original) =>
          function (
            this: {reads: {wanted: boolean}; claimUnresolved: boolean},
            ...parameters: never[]
          ) {
            const answer = parameters[1] as unknown as WriteAnswer;
            original.apply(this, parameters);
            if (answer.kind !== 'unknown') return;
            this.reads.wanted = false;
            this.claimUnresolved = false;
          },
      ),
  },
  {
    name: 'revoked handles live',
    breaks: 'a handle is worthless for good after free or loss',
    plant: () => method(ShardHandle, 'endRight', () => () => undefined),
  },
  {
    name: 'no compare of the fencingKey',
    breaks: 'a governor writes only while it governs',
    plant: () => withoutCompares(({key}) => key.endsWith('/own/app') || key.endsWith('/leader')),
  },
  {
    name: 'one T for all',
    breaks: 'W follows from the T in the heartbeat itself',
    plant: () =>
      method(
        FailureDetector,
        'observe',
        (original) =>
          function (this: unknown, ...parameters: never[]) {
            const [incarnation, mod, , nowMs] = parameters;
            return original.call(this, incarnation, mod, 3_000, nowMs);
          },
      ),
  },
  {
    name: 'stale reads are believed',
    breaks: 'what is older than the high-water mark of a shard says nothing',
    plant: () => method(ShardMachine, 'isStale', () => () => false),
  },
  {
    name: 'suspension stops the clock of the owner',
    breaks: 'the deadline is judged by boot time, which counts a suspended machine',
    plant: () =>
      method(
        SimProcess,
        'newClock',
        (original) =>
          function (this: unknown) {
            const clock = original.call(this) as Clock;
            return {...clock, ownerMs: clock.nowMs};
          },
      ),
  },
];
