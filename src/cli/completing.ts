/** What may stand at the cursor: commands, flags, their values, and live names. Never fails: no answer, no candidates. */
import type {Command} from '@oclif/core';
import type {AdminClient} from '../admin/admin-client.ts';
import {commandOf} from './asked-words.ts';
import {readContexts} from './contexts.ts';
import {HELP_TOPICS} from './help-topics.ts';
import {visible} from '../model/visible.ts';
import {CANDIDATES_LIMIT} from './limits.ts';

export interface CompletionWorld {
  readonly commands: readonly Command.Loadable[];
  readonly client: Pick<AdminClient, 'call'>;
  /** App of the environment or context; '' for none. */
  readonly app: string;
}

type Source = 'app' | 'shard' | 'container' | 'context' | 'object' | 'workerGroup';

/** Flags whose values are names. */
const BY_FLAG: Readonly<Record<string, Source>> = {
  app: 'app',
  container: 'container',
  without: 'container',
  pin: 'container',
  context: 'context',
  'worker-group': 'workerGroup',
};

/** Candidates for the last word; it may be empty. */
export async function completions(
  words: readonly string[],
  world: CompletionWorld,
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = await candidates(before, current, world).catch(() => []);
  return [...new Set(found)]
    .filter((word) => word.startsWith(current) && word === visible(word))
    .sort()
    .slice(0, CANDIDATES_LIMIT);
}

async function candidates(
  before: readonly string[],
  current: string,
  world: CompletionWorld,
): Promise<string[]> {
  const commands = world.commands.filter(({hidden}) => hidden !== true);
  const byId = (id: string) =>
    commands.find((one) => one.id === id || one.hiddenAliases.includes(id));
  const named = commandOf(before, {findCommand: byId});
  const command = byId(named.join(':'));
  if (command === undefined) return nextWords(before, commands);
  const rest = before.slice(named.length);
  if (command.id === 'help')
    return [...nextWords(rest, commands), ...(rest.length === 0 ? Object.keys(HELP_TOPICS) : [])];
  const flag = flagBefore(command, rest.at(-1) ?? '');
  if (flag !== undefined) {
    if (flag.type === 'option' && flag.options !== undefined) return [...flag.options];
    const source = BY_FLAG[flag.name];
    return source === undefined ? [] : namesOf(source, before, world);
  }
  if (current.startsWith('-')) return Object.keys(command.flags).map((name) => `--${name}`);
  const source = sourceOfArg(command, positionals(command, rest));
  return source === undefined ? [] : namesOf(source, before, world);
}

function nextWords(before: readonly string[], commands: readonly Command.Loadable[]): string[] {
  return commands
    .map(({id}) => id.split(':'))
    .filter((parts) => before.every((word, at) => parts[at] === word))
    .map((parts) => parts[before.length] ?? '')
    .filter((word) => word !== '');
}

/** The flag that waits for its value, if the last word is one. */
function flagBefore({flags}: Command.Loadable, last: string): Command.Flag.Cached | undefined {
  const flag = Object.values(flags).find(
    ({name, char}) => last === `--${name}` || (char !== undefined && last === `-${char}`),
  );
  return flag?.type === 'option' ? flag : undefined;
}

/** How many arguments stand there already. */
function positionals(command: Command.Loadable, rest: readonly string[]): number {
  let count = 0;
  for (const [at, word] of rest.entries()) {
    if (word.startsWith('-') || flagBefore(command, rest[at - 1] ?? '') !== undefined) continue;
    count += 1;
  }
  return count;
}

function sourceOfArg(command: Command.Loadable, position: number): Source | undefined {
  const [topic = ''] = command.id.split(':');
  const arg = Object.values(command.args)[position]?.name;
  if (arg === 'container') return 'container';
  if (arg === 'object') return 'object';
  if (arg === 'group') return 'workerGroup';
  if (topic === 'context')
    return arg === undefined || command.id === 'context:add' ? undefined : 'context';
  if (topic === 'app') return arg === undefined || command.id === 'app:create' ? undefined : 'app';
  if (command.id === 'shard:rm' || (topic === 'shard' && arg === 'id')) return 'shard';
  if (topic === 'container' && arg === 'id') return 'container';
  return topic === 'moves' && command.id !== 'moves:ls' ? 'shard' : undefined;
}

async function namesOf(
  source: Source,
  before: readonly string[],
  {client, app: fallback}: CompletionWorld,
): Promise<string[]> {
  const at = before.findIndex((word) => word === '-a' || word === '--app');
  const service = at < 0 ? fallback : (before[at + 1] ?? '');
  switch (source) {
    case 'app':
      return (await client.call('getSpec', {})).services;
    case 'object':
      return (await client.call('getSpec', {})).services.map((name) => `app/${name}`);
    case 'shard':
      return (await client.call('getShard', {service})).shards;
    case 'container':
      return (await client.call('getContainers', {service})).containers.map(({id}) => id);
    case 'workerGroup':
      return Object.keys((await client.call('getWorker', {service})).workers);
    case 'context':
      return Object.keys((await readContexts()).contexts);
  }
}
