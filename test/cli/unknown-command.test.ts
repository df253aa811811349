/** What is proposed instead of a command that there is not. */
import {join} from 'node:path';
import {Config} from '@oclif/core';
import {expect, it} from 'vitest';
import {unknownCommand} from '../../src/cli/hooks/command-not-found.ts';
import Help from '../../src/commands/help.ts';
import {runCommand} from '../support/run-command.ts';

const config = await Config.load({root: join(import.meta.dirname, '..', '..')});

it.each([
  // The verb first, as other tools have it.
  ['get app', 'did you mean: sm app get?'],
  ['ls shard', 'did you mean: sm shard ls?'],
  ['delete app', 'did you mean: sm app delete?'],
  ['drain', 'did you mean: sm container drain?'],
  // What follows the verb alone is a name.
  ['drain orders-2', 'did you mean: sm container drain?'],
  ['get', 'did you mean: sm app get, sm container get, sm moves get, sm shard get?'],
  ['delete s1', 'did you mean: sm app rm, sm context rm, sm shard rm, sm worker rm?'],
  ['stauts', 'did you mean: sm status?'],
  ['app lss', 'did you mean: sm app ls, sm app get, sm app rm?'],
  ['quite another', 'sm help lists all commands'],
])('%s', (wanted, hint) => {
  expect(unknownCommand(wanted, config)).toMatchObject({
    code: 'INVALID_INPUT',
    message: `unknown command: ${wanted}`,
    hint,
  });
});

it('help on a misspelt group of commands names the group', async () => {
  const {exit, stderr} = await runCommand(Help, ['shrad'], {});
  expect(exit).toBe(3);
  expect(stderr).toMatch(/fix: did you mean: shard\b/);
});
