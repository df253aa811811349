/** What `npm run model` checks: each case is a set of constants of docs/model/ownership.pml and what must come out. */

export type Promised = 'I1' | 'I3' | 'I6';

export interface ModelCase {
  readonly name: string;
  readonly constants: Readonly<Record<string, number>>;
  /** `holds`: no order of steps breaks a promise; otherwise the promise whose breaking must be found. */
  readonly expected: 'holds' | Promised;
  /** Looks for the shortest way to break it, and prints the steps. */
  readonly shortest?: boolean;
  /** Small enough for `npm test`. */
  readonly tiny?: boolean;
  /** Takes minutes: only with `--large`. */
  readonly large?: boolean;
}

const NO_FIX_OF_V2 = {FIX_V2_MARK: 0, FIX_V2_ORDERED: 0, FIX_V2_RECHECK: 0};
const NO_FAULT = {FAULTS: 0, LEAVES: 0, EVICTIONS: 0, MOVES: 0, GENERATIONS: 1};

function held(name: string, constants: Record<string, number>, tiny = false): ModelCase {
  return {name, constants: {...NO_FAULT, ...constants}, expected: 'holds', tiny};
}

function large(name: string, constants: Record<string, number>): ModelCase {
  return {...held(name, constants), large: true};
}

function broken(
  promised: Promised,
  name: string,
  constants: Record<string, number>,
  tiny = false,
): ModelCase {
  const all = {...NO_FAULT, ...constants};
  return {name, constants: all, expected: promised, shortest: true, tiny};
}

export const MODEL_CASES: readonly ModelCase[] = [
  held('one fault, one eviction', {FAULTS: 1, EVICTIONS: 1}, true),
  held('two faults, one eviction', {FAULTS: 2, EVICTIONS: 1}),
  held('one fault, a container leaves', {FAULTS: 1, LEAVES: 1}),
  held('one eviction, a container leaves', {EVICTIONS: 1, LEAVES: 1}),
  held('new incarnations', {FAULTS: 1, EVICTIONS: 1, GENERATIONS: 2}),
  held('two faults, a move', {FAULTS: 2, MOVES: 1}),
  held('ready after add, one fault, a move', {FAULTS: 1, MOVES: 1, READY_AT_CLAIM: 0}),
  held('longer T', {FAULTS: 1, EVICTIONS: 1, T: 3}),
  held('the least bound', {FAULTS: 1, EVICTIONS: 1, BOUND: 4}),
  held('after the last fault no loop without a tick', {FAULTS: 1, EVICTIONS: 1, COUNT_STEPS: 1}),
  held('V2: the mark alone', {FAULTS: 2, FIX_V2_RECHECK: 0, FIX_V2_ORDERED: 0}, true),
  held('V2: the ordered reading alone', {FAULTS: 2, FIX_V2_RECHECK: 0, FIX_V2_MARK: 0}, true),
  held('V2: reading again alone', {FAULTS: 2, FIX_V2_MARK: 0, FIX_V2_ORDERED: 0}, true),
  held('governors do not compare that they govern', {FAULTS: 1, MOVES: 1, OFFICE_COMPARES: 0}),

  large('two faults, a container leaves', {FAULTS: 2, LEAVES: 1}),
  large('one fault, one eviction, a container leaves', {FAULTS: 1, EVICTIONS: 1, LEAVES: 1}),
  large('three faults, a move', {FAULTS: 3, MOVES: 1}),
  large('one fault, one eviction, a move', {FAULTS: 1, EVICTIONS: 1, MOVES: 1}),
  large('ready after add, two faults, a move', {FAULTS: 2, MOVES: 1, READY_AT_CLAIM: 0}),

  broken('I1', 'V1 without its fix', {FAULTS: 2, LEAVES: 1, FIX_V1: 0}, true),
  broken('I6', 'V2 without its fix', {FAULTS: 2, ...NO_FIX_OF_V2}, true),
  broken('I6', 'a shorter bound than stated', {FAULTS: 1, EVICTIONS: 1, BOUND: 3}),
  broken('I1', 'readings below the mark are believed', {
    FAULTS: 2,
    MOVES: 1,
    MARK: 0,
    ...NO_FIX_OF_V2,
  }),
  broken('I1', 'a claim does not compare the revision', {FAULTS: 1, MOVES: 2, CLAIM_COMPARES: 0}),
  broken('I1', 'an owned shard is given away', {MOVES: 1, REASSIGN_ASKS_HEARTBEAT: 0}),
  broken('I1', 'an eviction does not compare the version', {EVICTIONS: 1, EVICT_COMPARES: 0}),
  broken('I1', 'free is written before the work has ended', {MOVES: 1, FREE_AFTER_STOP: 0}),
  broken('I1', 'the deadline counts from the answer', {EVICTIONS: 1, DEADLINE_FROM_SEND: 0}),
  broken('I1', 'a governor waits less than T', {EVICTIONS: 1, WAIT_MIN: 1}),
  broken('I1', 'a container acts longer than T', {EVICTIONS: 1, LIFE: 3}),
];
