import {Args, Flags, Parser} from '@oclif/core';
import {describe, expect, it} from 'vitest';
import {failureOf} from '../../src/cli/failure-report.ts';

const COMMAND = {
  args: {container: Args.string({description: 'container id', required: true})},
  flags: {
    'config-file': Flags.string(),
    json: Flags.boolean(),
    limit: Flags.integer({min: 1}),
    reason: Flags.string({required: true}),
    state: Flags.string({options: ['ready', 'failed']}),
  },
};

/** What the parser of the command line says of the words, as it is shown. */
async function shown(...words: string[]) {
  const fault: unknown = await Parser.parse(words, COMMAND).catch((error: unknown) => error);
  const {message, why, fix, exit} = failureOf(fault, 'shard:pin');
  expect({why, exit}).toEqual({why: '', exit: 2});
  return {message, fix};
}

it('a missing word is described in full, whatever its description has in it', async () => {
  const object = Args.string({description: 'app/NAME, shard/APP/ID or daemon', required: true});
  const args = {object, container: Args.string({description: 'id', required: true})};
  const fault: unknown = await Parser.parse([], {args}).catch((error: unknown) => error);
  expect(failureOf(fault, 'wait').message).toBe(
    'wait needs OBJECT (app/NAME, shard/APP/ID or daemon), CONTAINER (id)',
  );
});

const HELP = 'sm shard pin --help shows what it takes';

describe('words that a command does not take', () => {
  it.each([
    [['c1', '--raeson', 'x'], 'shard pin has no flag --raeson', '--reason'],
    [['c1', '--limt=3'], 'shard pin has no flag --limt', '--limit'],
    [['c1', '--conf', 'x'], 'shard pin has no flag --conf', '--config-file'],
    [['c1', '--limt', '--stat', 'y'], 'shard pin has no flags --limt, --stat', '--limit, --state'],
  ])('%s: the nearest flags, and no other', async (words, message, near) => {
    expect(await shown(...words)).toEqual({message, fix: [`did you mean ${near}?`, HELP]});
  });

  it.each([
    [['c1', '-z'], 'shard pin has no flag -z'],
    [['c1', 'extra', '--reason', 'x'], 'shard pin does not take "extra"'],
    [['c1', '--limit'], '--limit needs a value'],
    [['c1', '--state'], '--state needs one of these values: ready, failed'],
    [['c1', '--limit', 'abc'], '--limit: expected an integer but received: abc'],
    [
      ['c1', '--limit', '0'],
      '--limit: expected an integer greater than or equal to 1 but received: 0',
    ],
    [['c1', '--state', 'lost'], '--state is one of ready, failed, not lost'],
    [['--reason', 'x'], 'shard pin needs CONTAINER (container id)'],
    [['c1'], 'shard pin needs --reason'],
  ])('%s: what is wrong, and where to read on', async (words, message) => {
    expect(await shown(...words)).toEqual({message, fix: [HELP]});
  });
});

describe('a part of the program that cannot be loaded', () => {
  it.each([
    ['EMFILE', 'too few files may be open at once'],
    ['ERR_MODULE_NOT_FOUND', 'this installation is not complete'],
  ])('%s is no bug in sm', (code, message) => {
    const fault = Object.assign(new Error(`${code}: chunk-1.js`), {code});
    expect(failureOf(fault)).toMatchObject({exit: 2, message, why: fault.message});
    expect(failureOf(fault).fix.join()).not.toContain('bug');
  });
});
