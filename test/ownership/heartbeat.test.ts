import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {actingMs, heartbeatIntervalMs, silenceMs} from '../../src/model/container.ts';
import {HeartbeatMachine} from '../../src/ownership/heartbeat.ts';
import type {HeartbeatAnswer, HeartbeatWrite} from '../../src/ownership/heartbeat.ts';
import {FailureDetector} from '../../src/ownership/failure-detector.ts';
import {UNANSWERED_LIMIT} from '../../src/ownership/limits.ts';
import {CLOCK_DRIFT, EFFECT_SLACK_MS} from '../../src/model/limits.ts';

const RUNS = {numRuns: 1_000};
const ttls = fc.integer({min: 3_000, max: 60_000});

function machineOf(ttlMs: number): HeartbeatMachine {
  let nonces = 0;
  const identity = {
    ...{v: 1, container: 'c', ttlMs, endpoint: '', host: '', pid: 1, bootId: '', zone: ''},
    ...{labels: {}, version: '', sdk: ''},
  };
  return new HeartbeatMachine('inc', identity, () => `n${(nonces += 1)}`);
}

/** What becomes of one attempt: how long the answer takes, and what it says. */
const fate = fc.record({
  waitMs: fc.integer({min: 0, max: 20_000}),
  answerMs: fc.integer({min: 0, max: 90_000}),
  outcome: fc.constantFrom('committed', 'unknown', 'applied-unheard'),
});

describe('the deadline', () => {
  it('is never later than T(1-rho)-eps after the send of an attempt that was written, for any clock readings', () => {
    fc.assert(
      fc.property(
        ttls,
        fc.integer({min: -1e9, max: 1e9}),
        fc.array(fate),
        (ttlMs, start, fates) => {
          const machine = machineOf(ttlMs);
          let nowMs = start;
          let revision = 0;
          let newestWrittenMs = Number.NEGATIVE_INFINITY;
          let stored: {write: HeartbeatWrite; sentMs: number; mod: number} | undefined;
          for (const {waitMs, answerMs, outcome} of fates) {
            nowMs = Math.max(nowMs + waitMs, machine.wakeAtMs());
            const write = machine.due(nowMs);
            if (write === undefined) continue;
            const sentMs = nowMs;
            nowMs += answerMs;
            const answer = answerOf(write, outcome, stored, () => (revision += 1));
            if (outcome !== 'unknown' && answer.kind !== 'found') {
              stored = {write, sentMs, mod: revision};
              newestWrittenMs = sentMs;
            }
            machine.answered(
              write,
              answer.kind === 'found' ? answer : heard(outcome, answer),
              nowMs,
            );
            expect(machine.deadlineMs).toBeLessThanOrEqual(newestWrittenMs + actingMs(ttlMs));
          }
        },
      ),
      RUNS,
    );
  });

  it('leaves room for the drift of both clocks and the way of an effect before anybody may evict', () => {
    fc.assert(
      fc.property(ttls, fc.double({min: -1, max: 1, noNaN: true}), (ttlMs, share) => {
        // Two clocks whose rates differ by less than rho: the owner's slow by a share of it, the watcher's fast by the rest.
        const ownerRate = 1 - (CLOCK_DRIFT / 2) * Math.abs(share);
        const watcherRate = ownerRate + CLOCK_DRIFT * 0.999;
        const stopsMs = actingMs(ttlMs) / ownerRate + EFFECT_SLACK_MS;
        const evictsMs = silenceMs(ttlMs) / watcherRate;
        expect(stopsMs).toBeLessThan(evictsMs);
      }),
      RUNS,
    );
  });

  it('does not go back when answers come out of order', () => {
    const machine = machineOf(10_000);
    const first = machine.due(0);
    if (first === undefined) throw new Error('nothing is due');
    machine.answered(first, {kind: 'committed', revision: 1}, 0);
    const second = machine.due(2_000);
    if (second === undefined) throw new Error('nothing is due');
    machine.answered(second, {kind: 'committed', revision: 2}, 2_000);
    const {deadlineMs} = machine;
    expect(machine.answered(first, {kind: 'unknown'}, 2_000)).toBe('unanswered');
    expect(machine.deadlineMs).toBe(deadlineMs);
  });

  it('an attempt whose answer never came is proven by a later read, from its own send', () => {
    const machine = machineOf(10_000);
    const lost = machine.due(0);
    if (lost === undefined) throw new Error('nothing is due');
    machine.answered(lost, {kind: 'unknown'}, 0);
    const next = machine.due(2_000);
    if (next === undefined) throw new Error('nothing is due');
    const found = {kind: 'found', value: lost.value, mod: 5, create: 5} as const;
    expect(machine.answered(next, found, 2_000)).toBe('renewed');
    expect(machine.deadlineMs).toBe(0 + actingMs(10_000));
    expect(machine.version).toBe(5);
  });

  it('has one attempt in flight, and never two', () => {
    const machine = machineOf(10_000);
    expect(machine.due(0)).toBeDefined();
    expect(machine.due(60_000)).toBeUndefined();
    expect(machine.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
  });
});

const UNKNOWN = {kind: 'unknown'} as const;
const ROUND_TRIP_MS = 5;
/** Longer than attempts with a nonce of their own last. */
const LONG_OUTAGE_MS = 2 * 3_600_000;

/** Sends at `nowMs`; throws when nothing is due. */
function sent(machine: HeartbeatMachine, nowMs: number): HeartbeatWrite {
  const write = machine.due(nowMs);
  if (write === undefined) throw new Error(`nothing is due at ${nowMs}`);
  return write;
}

/** A machine whose last beat was committed at 0, and the moment of its next one. */
function beating(ttlMs: number): HeartbeatMachine {
  const machine = machineOf(ttlMs);
  machine.answered(sent(machine, 0), {kind: 'committed', revision: 1}, ROUND_TRIP_MS);
  return machine;
}

/** Sends and fails at once until `untilMs`; when each was sent. */
function failing(machine: HeartbeatMachine, untilMs: number): number[] {
  const times: number[] = [];
  for (let nowMs = machine.wakeAtMs(); nowMs < untilMs; nowMs = machine.wakeAtMs()) {
    times.push(nowMs);
    machine.answered(sent(machine, nowMs), UNKNOWN, nowMs);
  }
  return times;
}

/** Time limits of attempts that all fail, from the moment on, each after the limit of the one before. */
function limits(machine: HeartbeatMachine, fromMs: number, count: number): number[] {
  const seen: number[] = [];
  for (let nowMs = fromMs; seen.length < count;) {
    const write = sent(machine, nowMs);
    seen.push(write.timeoutMs);
    nowMs = Math.max(nowMs + write.timeoutMs, machine.wakeAtMs());
    machine.answered(write, UNKNOWN, nowMs);
    nowMs = Math.max(nowMs, machine.wakeAtMs());
  }
  return seen;
}

describe('an attempt without an answer', () => {
  it('is followed by the next one in steps of 50 ms that double to T/20, not by a wait for the next beat', () => {
    const machine = beating(10_000);
    const times = failing(machine, 4_000);
    expect(times).toEqual([2_000, 2_050, 2_150, 2_350, 2_750, 3_250, 3_750]);
  });

  it('is followed by one each T/5 again when there is no right to act left to save', () => {
    const machine = beating(10_000);
    const times = failing(machine, 30_000).filter((at) => at > machine.deadlineMs);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps.length).toBeGreaterThan(5);
    expect(new Set(gaps)).toEqual(new Set([2_000]));
  });

  it.each([0, 700, -1])(
    'is remembered through an outage of any length, in bounded memory: %i is not a clone',
    (index) => {
      const machine = beating(10_000);
      const writes: HeartbeatWrite[] = [];
      for (let nowMs = machine.wakeAtMs(); nowMs < LONG_OUTAGE_MS; nowMs = machine.wakeAtMs()) {
        writes.push(sent(machine, nowMs));
        machine.answered(writes.at(-1)!, UNKNOWN, nowMs);
      }
      expect(writes.length).toBeGreaterThan(2 * UNANSWERED_LIMIT);
      expect(new Set(writes.map(({value}) => value.nonce)).size).toBe(UNANSWERED_LIMIT);
      const {value} = writes.at(index)!;
      const found = {kind: 'found', value, mod: 9, create: 1} as const;
      const nowMs = machine.wakeAtMs();
      expect(machine.answered(sent(machine, nowMs), found, nowMs)).toBe('renewed');
      expect(machine.deadlineMs).toBeLessThan(nowMs);
    },
  );

  it('is followed at the usual pace when nonces repeat, and a commit counts from its own sending', () => {
    const machine = beating(10_000);
    const times = failing(machine, LONG_OUTAGE_MS);
    expect(times.at(-1)! - times.at(-2)!).toBe(2_000);
    const nowMs = machine.wakeAtMs();
    const write = sent(machine, nowMs);
    expect(machine.answered(write, {kind: 'committed', revision: 9}, nowMs + 5)).toBe('renewed');
    expect(machine.deadlineMs).toBe(nowMs + actingMs(10_000));
    const next = sent(machine, machine.wakeAtMs());
    expect(next.expectedMod).toBe(9);
    expect(next.value.nonce).not.toBe(write.value.nonce);
  });

  it('waits a twentieth of T when it is repeated, and each fourth time the whole limit', () => {
    const machine = beating(10_000);
    expect(limits(machine, 2_000, 9)).toEqual([
      ...[2_000, 500, 500, 500, 2_000, 500, 500, 500, 2_000],
    ]);
  });

  it('waits four times what answers took of late, never longer than the whole limit', () => {
    const machine = beating(10_000);
    machine.answered(sent(machine, 2_000), {kind: 'committed', revision: 2}, 2_300);
    expect(limits(machine, 4_000, 3)).toEqual([2_000, 1_200, 1_200]);
    const slow = beating(10_000);
    slow.answered(sent(slow, 2_000), {kind: 'committed', revision: 2}, 3_900);
    expect(limits(slow, 4_000, 3)).toEqual([2_000, 2_000, 2_000]);
  });

  it('never ends the right to act while the store is away for 35 % of T, whenever that begins', () => {
    const share = fc.double({min: 0, max: 1, noNaN: true});
    fc.assert(
      fc.property(ttls, share, share, fc.boolean(), (ttlMs, phase, length, silent) => {
        const machine = beating(ttlMs);
        const fromMs = phase * machine.wakeAtMs();
        const untilMs = fromMs + 0.35 * length * ttlMs;
        let nowMs = machine.wakeAtMs();
        for (;;) {
          const write = sent(machine, nowMs);
          if (nowMs >= untilMs || nowMs < fromMs) break;
          // Refused at once, or no word until the attempt gives up.
          const answeredAtMs = nowMs + (silent ? write.timeoutMs : 1);
          machine.answered(write, UNKNOWN, answeredAtMs);
          nowMs = Math.max(answeredAtMs, machine.wakeAtMs());
        }
        const softDeadlineMs = machine.deadlineMs - ttlMs / 5;
        expect(nowMs).toBeLessThan(softDeadlineMs);
      }),
      RUNS,
    );
  });
});

describe('an attempt whose answer was lost', () => {
  it('that was written all the same counts for a beat of its own time: the next one is due T/5 after it, at once where that is over', () => {
    fc.assert(
      fc.property(ttls, fc.integer({min: 1, max: 40}), (ttlMs, count) => {
        const machine = beating(ttlMs);
        const sentMs = machine.wakeAtMs();
        const written = sent(machine, sentMs);
        machine.answered(written, UNKNOWN, sentMs);
        for (let tries = 1; tries < count; tries += 1) {
          const nowMs = machine.wakeAtMs();
          machine.answered(sent(machine, nowMs), UNKNOWN, nowMs);
        }
        const nowMs = machine.wakeAtMs();
        const found = {kind: 'found', value: written.value, mod: 7, create: 1} as const;
        machine.answered(sent(machine, nowMs), found, nowMs + ROUND_TRIP_MS);
        expect(machine.wakeAtMs()).toBe(sentMs + heartbeatIntervalMs(ttlMs));
      }),
      RUNS,
    );
  });

  it('may be written late, whichever of many it was: it is known as mine, counts from its own send, and the rest are dead', () => {
    const many = fc.integer({min: 1, max: 40});
    fc.assert(
      fc.property(ttls, many, fc.nat(), (ttlMs, count, chosen) => {
        const machine = beating(ttlMs);
        const lost: {write: HeartbeatWrite; sentMs: number}[] = [];
        while (lost.length < count) {
          const sentMs = machine.wakeAtMs();
          const write = sent(machine, sentMs);
          lost.push({write, sentMs});
          machine.answered(write, UNKNOWN, sentMs);
        }
        // All compare with the version of before: the store takes one of them, and refuses every other for good.
        expect(new Set(lost.map(({write}) => write.expectedMod))).toEqual(new Set([1]));
        expect(new Set(lost.map(({write}) => write.value.nonce)).size).toBe(count);
        const applied = lost[chosen % count];
        if (applied === undefined) throw new Error('none was sent');
        const next = sent(machine, machine.wakeAtMs());
        const found = {kind: 'found', value: applied.write.value, mod: 7, create: 1} as const;
        expect(machine.answered(next, found, machine.deadlineMs)).toBe('renewed');
        expect(machine.deadlineMs).toBe(applied.sentMs + actingMs(ttlMs));
        expect(sent(machine, machine.wakeAtMs()).expectedMod).toBe(7);
      }),
      RUNS,
    );
  });
});

function answerOf(
  write: HeartbeatWrite,
  outcome: string,
  stored: {write: HeartbeatWrite; mod: number} | undefined,
  next: () => number,
): HeartbeatAnswer {
  if (outcome === 'unknown') return {kind: 'unknown'};
  // The version it compares with is not the one that is stored: a write before it was applied unheard.
  if (stored !== undefined && write.expectedMod !== stored.mod)
    return {kind: 'found', value: stored.write.value, mod: stored.mod, create: 1};
  return {kind: 'committed', revision: next()};
}

function heard(outcome: string, answer: HeartbeatAnswer): HeartbeatAnswer {
  return outcome === 'applied-unheard' ? {kind: 'unknown'} : answer;
}

describe('the failure detector', () => {
  const event = fc.record({
    afterMs: fc.integer({min: 0, max: 6_000}),
    kind: fc.constantFrom('probe', 'beat', 'look', 'old'),
  });

  it('is never silent before W has passed since the version was first seen, whatever happens', () => {
    fc.assert(
      fc.property(ttls, fc.array(event, {maxLength: 60}), (ttlMs, events) => {
        const clock = new FailureDetector();
        let [nowMs, mod, seenMs] = [0, 1, 0];
        clock.observe('i', mod, ttlMs, nowMs);
        for (const {afterMs, kind} of events) {
          nowMs += afterMs;
          if (kind === 'probe') clock.probeCommitted(nowMs);
          if (kind === 'beat') [mod, seenMs] = [mod + 1, nowMs];
          if (kind === 'beat' || kind === 'look') clock.observe('i', mod, ttlMs, nowMs);
          if (kind === 'old') clock.observe('i', mod - 1, ttlMs, nowMs);
          if (clock.silent('i', nowMs))
            expect(nowMs - seenMs).toBeGreaterThanOrEqual(silenceMs(ttlMs));
          expect(clock.version('i')).toBe(mod);
        }
      }),
      RUNS,
    );
  });

  it('is silent after W when probes go on', () => {
    fc.assert(
      fc.property(ttls, (ttlMs) => {
        const clock = new FailureDetector();
        clock.observe('i', 1, ttlMs, 0);
        const untilMs = silenceMs(ttlMs);
        for (let nowMs = 0; nowMs <= untilMs; nowMs += ttlMs / 5) clock.probeCommitted(nowMs);
        clock.probeCommitted(untilMs);
        expect(clock.silent('i', untilMs - 1)).toBe(false);
        expect(clock.silent('i', untilMs)).toBe(true);
        expect(clock.wakeAtMs('i', 0, 0)).toBeLessThanOrEqual(untilMs);
      }),
      RUNS,
    );
  });

  it('counts anew after a gap between probes of more than 2T/5, and is never silent within one', () => {
    const clock = new FailureDetector();
    clock.observe('i', 1, 10_000, 0);
    for (let nowMs = 0; nowMs <= 8_000; nowMs += 2_000) clock.probeCommitted(nowMs);
    expect(clock.quietMs('i', 8_000)).toBe(8_000);
    expect(clock.silent('i', 60_000)).toBe(false);
    clock.probeCommitted(12_001);
    expect(clock.quietMs('i', 12_001)).toBe(0);
    expect(clock.ageMs('i', 12_001)).toBe(0);
  });

  it('forgets, and knows nothing of whom it never saw', () => {
    const clock = new FailureDetector();
    clock.observe('i', 1, 3_000, 0);
    clock.forget('i');
    clock.probeCommitted(0);
    for (const name of ['i', 'nobody']) {
      expect(clock.silent(name, 1e9)).toBe(false);
      expect(clock.suspect(name, 1e9)).toBe(false);
      expect(clock.version(name)).toBe(0);
    }
  });
});

it('a registration that is written only after the eviction is an eviction, and no clone', () => {
  const machine = machineOf(10_000);
  const first = sent(machine, 0);
  machine.answered(first, {kind: 'unknown'}, 2_000);
  const second = sent(machine, 2_100);
  machine.answered(second, {kind: 'committed', revision: 7}, 2_110);
  const third = sent(machine, 30_000);
  const late = {kind: 'found', value: first.value, mod: 99, create: 99} as const;
  expect(machine.answered(third, late, 30_010)).toBe('evicted');
});

it('somebody else who has written the key anew is a clone', () => {
  const machine = machineOf(10_000);
  machine.answered(sent(machine, 0), {kind: 'committed', revision: 7}, 10);
  const write = sent(machine, 30_000);
  const value = {...write.value, nonce: 'another'};
  expect(machine.answered(write, {kind: 'found', value, mod: 99, create: 99}, 30_010)).toBe(
    'cloned',
  );
});
