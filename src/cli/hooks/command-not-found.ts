import type {Config, Hook} from '@oclif/core';
import {SmError} from '../../model/errors.ts';
import {nearestWords} from '../../model/nearest.ts';
import {reportFailure, wantsJson} from '../failure-report.ts';
import {commandOf, wordsBeforeFlags} from '../asked-words.ts';
import {helpOf} from '../usage-failure.ts';

/** Names the nearest three commands and exits 2; never runs a guess. */
const commandNotFound: Hook.CommandNotFound = async ({id, argv, config}) => {
  // The words that can have been meant for a command: those before the first flag, at most two.
  const found = wordsBeforeFlags([...id.split(':'), ...(argv ?? [])]);
  const wanted = found.slice(0, 2).join(' ');
  const command = commandOf(found, config);
  const error =
    command.length === 0
      ? unknownCommand(wanted, config, id)
      : new SmError(
          'INVALID_INPUT',
          `${command.join(' ')} does not take ${JSON.stringify(found[command.length])}`,
          {hint: helpOf(command.join(':'))},
        );
  process.exitCode = reportFailure(error, wantsJson(process.argv.slice(2)));
};

/** `id`: the first word, or what oclif took for the command. Default: what was wanted. */
export function unknownCommand(
  wanted: string,
  config: Pick<Config, 'commands' | 'findCommand' | 'topics'>,
  id = wanted,
): SmError {
  if (wanted === '')
    return new SmError('INVALID_INPUT', `no command is given before ${id}`, {
      hint: 'the command comes first, as in: sm status --json; sm help lists all commands',
    });
  const meant =
    verbFirst(wanted, config) ?? nearestWords(id.replaceAll(':', ' '), commandNames(config));
  const hint =
    meant.length === 0
      ? 'sm help lists all commands'
      : `did you mean: ${meant.map((command) => `sm ${command}`).join(', ')}?`;
  return new SmError('INVALID_INPUT', `unknown command: ${wanted}`, {hint});
}

/** Commands and groups of them, as they are typed. */
export function commandNames({commands, topics}: Pick<Config, 'commands' | 'topics'>): string[] {
  const shown = [...commands.map(({id, hidden}) => ({name: id, hidden})), ...topics]
    .filter(({hidden}) => hidden !== true)
    .map(({name}) => name.replaceAll(':', ' '));
  return [...new Set(shown)];
}

/** Other tools have the verb first, as in `get app`, or without the kind of its object, as in `drain orders-1`. */
function verbFirst(
  wanted: string,
  config: Pick<Config, 'commands' | 'findCommand'>,
): readonly string[] | undefined {
  const [verb = '', object = ''] = wanted.split(' ');
  if (config.findCommand(`${object}:${verb}`) !== undefined) return [`${object} ${verb}`];
  const found = config.commands
    .filter(({hidden}) => hidden !== true)
    .filter(({id, hiddenAliases}) => [id, ...hiddenAliases].some((one) => one.endsWith(`:${verb}`)))
    .map(({id}) => id.replaceAll(':', ' '));
  return found.length === 0 ? undefined : [...new Set(found)].toSorted();
}

export default commandNotFound;
