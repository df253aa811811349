import type {Hook} from '@oclif/core';
import {SmError} from '../../model/errors.ts';
import {nearestWords} from '../../model/nearest.ts';
import {reportFailure, wantsJson} from '../failure-report.ts';
import {helpOf} from '../usage-failure.ts';

/** Names the nearest three commands and exits 2; never runs a guess. */
const commandNotFound: Hook.CommandNotFound = async ({id, argv, config}) => {
  // The words that can have been meant for a command: those before the first flag, at most two.
  const words = [...id.split(':'), ...(argv ?? [])];
  const flag = words.findIndex((word) => word.startsWith('-'));
  const wanted = words.slice(0, flag === -1 ? 2 : Math.min(flag, 2)).join(' ');
  const known = config.commands
    .filter(({hidden}) => hidden !== true)
    .map((command) => command.id.replaceAll(':', ' '));
  const found = words.slice(0, flag === -1 ? words.length : flag);
  const command = commandOf(found, config);
  const error =
    command === undefined
      ? unknown(wanted, id, known)
      : new SmError(
          'INVALID_INPUT',
          `${command.join(' ')} does not take ${JSON.stringify(found[command.length])}`,
          {hint: helpOf(command.join(':'))},
        );
  process.exitCode = reportFailure(error, wantsJson(process.argv.slice(2)));
};

/** The words that name a command, when others follow it. */
function commandOf(
  words: readonly string[],
  config: Parameters<Hook.CommandNotFound>[0]['config'],
): readonly string[] | undefined {
  for (let count = words.length - 1; count > 0; count -= 1) {
    const named = words.slice(0, count);
    if (config.findCommand(named.join(':')) !== undefined) return named;
  }
  return undefined;
}

function unknown(wanted: string, id: string, known: readonly string[]): SmError {
  if (wanted === '')
    return new SmError('INVALID_INPUT', `no command is given before ${id}`, {
      hint: 'the command comes first, as in: sm status --json; sm help lists all commands',
    });
  const nearest = nearestWords(id.replaceAll(':', ' '), known);
  const hint =
    nearest.length === 0
      ? 'sm help lists all commands'
      : `did you mean: ${nearest.map((command) => `sm ${command}`).join(', ')}?`;
  return new SmError('INVALID_INPUT', `unknown command: ${wanted}`, {hint});
}

export default commandNotFound;
