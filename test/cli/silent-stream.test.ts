/** Watching for a time a daemon that takes the call and does not answer: nothing was seen, and that is not well. */
import {expect, it} from 'vitest';
import AppWatch from '../../src/commands/app/watch.ts';
import MovesWatch from '../../src/commands/moves/watch.ts';
import {runCommand} from '../support/run-command.ts';

it.each([
  ['app watch', AppWatch, []],
  ['moves watch', MovesWatch, ['-a', 'orders']],
] as const)('%s fails when its time is over', async (_name, command, args) => {
  const silent = (): 'silent' => 'silent';
  const answers = {'live/stream': silent, 'moves/stream': silent};
  const ran = await runCommand(command, [...args, '--timeout', '100ms'], answers);
  expect(ran).toMatchObject({exit: 7, stdout: ''});
  // The call has the same limit as the watch: either may be over first.
  expect(ran.stderr).toMatch(/^sm: .* answer(ed)? within 100 ms\n(.*\n)*code: TIMEOUT/);
});
