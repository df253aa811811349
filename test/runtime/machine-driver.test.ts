import {beforeEach, describe, expect, it} from 'vitest';
import {MachineDriver} from '../../src/runtime/machine-driver.ts';
import type {PassiveMachine} from '../../src/runtime/machine-driver.ts';

type Action =
  | {readonly type: 'say'; readonly text: string}
  | {readonly type: 'ask'; readonly answer: Promise<void>}
  | {readonly type: 'work'; readonly ms: number}
  | {readonly type: 'halt'};

/** Gives out what was put in; wakes when it is told to. */
class Script implements PassiveMachine<Action> {
  next: Action[] = [];
  wakeAt = Number.POSITIVE_INFINITY;
  turns = 0;
  advance(): Action[] {
    this.turns += 1;
    return this.next.splice(0);
  }
  wakeAtMs(): number {
    return this.wakeAt;
  }
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let script: Script;
let said: string[];
let broken: unknown[];
let nowMs: number;
let timers: {waitMs: number; call: () => void; cancelled: boolean}[];
beforeEach(() => {
  [script, said, broken, timers] = [new Script(), [], [], []];
  nowMs = 100;
});

function driverOf(
  over: {longestSleepMs?: number; restsAfterTurns?: boolean} = {},
): MachineDriver<Action> {
  const driver: MachineDriver<Action> = new MachineDriver<Action>({
    machine: script,
    handlers: {
      say: ({text}) => {
        if (text === 'fault') throw new Error('handler');
        said.push(text);
      },
      ask: ({answer}) => answer,
      work: ({ms}) => void (nowMs += ms),
      halt: (): void => driver.stop(),
    },
    clock: {
      after: (waitMs, call) => {
        const timer = {waitMs, call, cancelled: false};
        timers.push(timer);
        return {cancel: () => void (timer.cancelled = true)};
      },
    },
    nowMs: () => nowMs,
    beforeActions: (actions) => said.push(`${actions.length} to do`),
    afterActions: () => said.push('done'),
    onBroken: (error) => broken.push(error),
    ...over,
  });
  return driver;
}

describe('a turn', () => {
  it('hands each action to its handler, between the two that frame them', () => {
    script.next = [
      {type: 'say', text: 'one'},
      {type: 'say', text: 'two'},
    ];
    driverOf().turn();
    expect(said).toEqual(['2 to do', 'one', 'two', 'done']);
  });

  it('is one for all events of a turn of the event loop', async () => {
    const driver = driverOf();
    driver.queueTurn();
    driver.queueTurn();
    expect(script.turns).toBe(0);
    await immediate();
    expect(script.turns).toBe(1);
  });

  it('at once leaves the one that is queued', async () => {
    const driver = driverOf();
    driver.queueTurn();
    driver.turn();
    await immediate();
    expect(script.turns).toBe(2);
  });

  it('follows the end of work in the background', async () => {
    script.next = [{type: 'ask', answer: Promise.resolve()}];
    driverOf().turn();
    await immediate();
    await immediate();
    expect(script.turns).toBe(2);
  });
});

describe('the timer', () => {
  it('is set for when the machine wants it, and anew in each turn', () => {
    script.wakeAt = 130;
    const driver = driverOf();
    driver.turn();
    driver.turn();
    expect(timers.map(({waitMs, cancelled}) => [waitMs, cancelled])).toEqual([
      [30, true],
      [30, false],
    ]);
    timers[1]?.call();
    expect(script.turns).toBe(3);
  });

  it('waits for 1 ms at least, and no longer than it may', () => {
    const driver = driverOf({longestSleepMs: 20});
    for (const wakeAt of [0, 1_000, Number.POSITIVE_INFINITY]) {
      script.wakeAt = wakeAt;
      driver.turn();
    }
    expect(timers.map(({waitMs}) => waitMs)).toEqual([1, 20, 20]);
  });

  it('is none where the machine wants none, and none after an action that stops', () => {
    driverOf().turn();
    script.wakeAt = 130;
    script.next = [{type: 'halt'}];
    driverOf().turn();
    expect(timers).toEqual([]);
  });
});

describe('a driver that rests', () => {
  const waits = (): number[] =>
    timers.filter(({cancelled}) => !cancelled).map(({waitMs}) => waitMs);

  it('leaves the event loop to others as long as its turn took, whatever comes meanwhile', async () => {
    const driver = driverOf({restsAfterTurns: true});
    script.next = [{type: 'work', ms: 15}];
    driver.turn();
    driver.queueTurn();
    driver.queueTurn();
    await immediate();
    expect([script.turns, waits()]).toEqual([1, [15]]);
    nowMs += 15;
    timers[0]?.call();
    expect(script.turns).toBe(2);
  });

  it('does not wake before, and no later than 20 ms after a turn however long', () => {
    const driver = driverOf({restsAfterTurns: true});
    script.wakeAt = 100;
    for (const ms of [15, 60_000]) {
      script.next = [{type: 'work', ms}];
      driver.turn();
    }
    expect(timers.map(({waitMs}) => waitMs)).toEqual([15, 20]);
  });

  it('takes short turns as they come', async () => {
    const driver = driverOf({restsAfterTurns: true});
    script.next = [{type: 'work', ms: 1}];
    driver.turn();
    driver.queueTurn();
    await immediate();
    expect([script.turns, waits()]).toEqual([2, []]);
  });
});

describe('a driver', () => {
  it('that has stopped makes no turn, not even the queued one', async () => {
    script.wakeAt = 130;
    const driver = driverOf();
    driver.turn();
    driver.queueTurn();
    driver.stop();
    driver.turn();
    await immediate();
    expect(script.turns).toBe(1);
    expect(timers[0]?.cancelled).toBe(true);
    expect(driver.isStopped).toBe(true);
  });

  it('breaks once by what a handler throws, and stops', () => {
    const driver = driverOf();
    script.next = [{type: 'say', text: 'fault'}];
    driver.turn();
    driver.guarded(() => {
      throw new Error('late');
    });
    expect(broken).toEqual([new Error('handler')]);
    expect(driver.isStopped).toBe(true);
    expect(timers).toEqual([]);
  });

  it('breaks by work in the background that fails', async () => {
    script.next = [{type: 'ask', answer: Promise.reject(new Error('store'))}];
    driverOf().turn();
    await immediate();
    expect(broken).toEqual([new Error('store')]);
  });
});
