/** What a command says while it waits because the daemon has too many calls. */
import {expect, it} from 'vitest';
import AppLs from '../../src/commands/app/ls.ts';
import {runCommand} from '../support/run-command.ts';

const TOO_MANY = {error: 'too many calls', code: 'RATE_LIMITED', retryable: true};

it('that it waits is said, once, and not on stdout', async () => {
  const answers = [TOO_MANY, TOO_MANY, {apps: [], revision: '1', store: {ok: true}}];
  const ran = await runCommand(AppLs, ['--json'], {'get-apps': () => answers.shift() ?? {}});
  expect(ran.asked).toHaveLength(3);
  expect(ran.stderr).toBe('waiting, and asking again: too many calls\n');
  expect(JSON.parse(ran.stdout)).toMatchObject({kind: 'AppList'});
});
