import type {Hook} from '@oclif/core';
import {SmError} from '../../model/errors.ts';
import {nearestWords} from '../../model/nearest.ts';
import {reportFailure, wantsJson} from '../failure-report.ts';

/** Names the nearest three commands and exits 2; never runs a guess. */
const commandNotFound: Hook.CommandNotFound = async ({id, argv, config}) => {
  // The words that can have been meant for a command: those before the first flag, at most two.
  const words = [...id.split(':'), ...(argv ?? [])];
  const flag = words.findIndex((word) => word.startsWith('-'));
  const wanted = words.slice(0, flag === -1 ? 2 : Math.min(flag, 2)).join(' ');
  const known = config.commands
    .filter(({hidden}) => hidden !== true)
    .map((command) => command.id.replaceAll(':', ' '));
  const nearest = nearestWords(id.replaceAll(':', ' '), known);
  const hint =
    nearest.length === 0
      ? 'sm help lists all commands'
      : `did you mean: ${nearest.map((command) => `sm ${command}`).join(', ')}?`;
  const error =
    wanted === ''
      ? new SmError('INVALID_INPUT', `no command before ${id}`, {
          hint: 'the command comes first, as in: sm status --json; sm help lists all commands',
        })
      : new SmError('INVALID_INPUT', `unknown command: ${wanted}`, {hint});
  process.exitCode = reportFailure(error, wantsJson(process.argv.slice(2)));
};

export default commandNotFound;
