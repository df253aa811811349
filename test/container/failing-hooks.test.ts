/** Whatever a hook throws, the shard is freed with a record that can be read. */
import {afterEach, describe, expect, it} from 'vitest';
import {SessionDriverBed} from './session-driver-bed.ts';
import {FAILURE_TEXT_MAX_CHARACTERS} from '../../src/model/limits.ts';
import {silentLogger} from '../../src/runtime/log-port.ts';
import type {Logger} from '../../src/runtime/log-port.ts';
import {LONG_MS, until} from '../support/until.ts';

const NOTHING = Object.create(null) as unknown;
const NO_MESSAGE = Object.assign(new Error('x'), {message: undefined});
const ODD_MESSAGE = Object.assign(new Error('x'), {message: {code: 7}});
const LOUD = new Error('x'.repeat(2 * 1024 * 1024));

describe('an add that throws', () => {
  let bed: SessionDriverBed | undefined;

  afterEach(() => bed?.driver.stop());

  for (const [what, thrown, said] of [
    ['a message of 2 MiB', LOUD, /^x+…$/],
    ['an error whose message is undefined', NO_MESSAGE, /Error/],
    ['an error whose message is not text', ODD_MESSAGE, /Error/],
    ['what has no text', NOTHING, /without a message/],
    ['undefined', undefined, /undefined/],
  ] as const) {
    it(`${what} frees the shard and says so`, async () => {
      bed = new SessionDriverBed({
        add: () => {
          throw thrown;
        },
        drop: () => undefined,
      });
      await bed.start();
      await bed.give(['s1'], 'assigned');
      const {failures, lastError} = await bed.untilRecord(
        's1',
        ({state}) => state === 'free',
        's1 is free',
      );
      expect(failures).toBe(1);
      expect(lastError).toMatch(said);
      expect(lastError.length).toBeLessThanOrEqual(FAILURE_TEXT_MAX_CHARACTERS);
      expect(bed.ended).toBeUndefined();
    });
  }

  it('is logged with its stack, so that the line of the application is known', async () => {
    const fields: object[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (more) => void fields.push(more),
      child: () => logger,
    };
    const hooks = {
      add: () => {
        throw new TypeError('no table');
      },
      drop: () => undefined,
    };
    bed = new SessionDriverBed(hooks, {logger});
    await bed.start();
    await bed.give(['s1'], 'assigned');
    await bed.untilRecord('s1', ({state}) => state === 'free', 's1 is free');
    const stack = expect.stringContaining('failing-hooks.test') as string;
    expect(fields).toContainEqual({shard: 's1', error: 'no table', stack});
  });
});

describe('a drop that does not return', () => {
  it('is what the log names when a container that leaves loses its right to act, and not the store', async () => {
    const said: {fields: object; message: string}[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (fields, message) => void said.push({fields, message}),
      child: () => logger,
    };
    const drop = (): Promise<void> => new Promise(() => undefined);
    const bed = new SessionDriverBed({add: () => undefined, drop}, {logger}, 3_000);
    await bed.start();
    await bed.give(['s1'], 'assigned');
    await bed.untilRecord('s1', ({ready}) => ready, 's1 is ready');
    bed.driver.leave(0);
    await until(() => said.length > 0, LONG_MS, 'the right to act is over');
    bed.driver.stop();
    const message = expect.stringContaining('hooks of the application') as string;
    expect(said).toEqual([{fields: {hooks: [{shard: 's1', hook: 'drop'}]}, message}]);
  });
});
