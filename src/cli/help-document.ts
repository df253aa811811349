/** Help as a document, for --json and for docs/cli.md. */
import type {Interfaces} from '@oclif/core';
import {HELP_TOPICS} from './help-topics.ts';

export interface CommandDocument {
  readonly command: string;
  readonly summary: string;
  readonly description: string;
  readonly usage: string;
  readonly examples: readonly string[];
  readonly args: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly description: string;
  }[];
  readonly flags: readonly FlagDocument[];
}

export interface FlagDocument {
  readonly flag: string;
  readonly char: string;
  readonly description: string;
  readonly env: string;
  readonly options: readonly string[];
  readonly required: boolean;
  readonly global: boolean;
  readonly value: boolean;
  readonly fallback: string;
}

type Config = Pick<Interfaces.Config, 'commands' | 'bin'>;
type Loadable = Interfaces.Config['commands'][number];

/** The command of this id, or all below it; '' for all. */
export function documentOf(config: Config, id: string): object {
  const own = visibleCommands(config).find((command) => command.id === id);
  if (own !== undefined) return {kind: 'Help', ...commandDocument(own, config.bin)};
  const below = visibleCommands(config)
    .filter((command) => id === '' || command.id.startsWith(`${id}:`))
    .map((command) => ({command: spaced(command.id), summary: command.summary ?? ''}));
  const topics = Object.entries(HELP_TOPICS).map(([topic, {summary}]) => ({topic, summary}));
  return {kind: 'HelpList', topic: spaced(id), items: below, ...(id === '' ? {topics} : {})};
}

/** By name, without hidden ones. */
export function visibleCommands({commands}: Pick<Config, 'commands'>): Loadable[] {
  return commands.filter(({hidden}) => hidden !== true).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export function commandDocument(command: Loadable, bin: string): CommandDocument {
  const args = Object.values(command.args).map(({name, required, description}) => ({
    name,
    required: required === true,
    description: description ?? '',
  }));
  const words = args.map(({name, required}) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  const usage = typeof command.usage === 'string' ? command.usage : '';
  return {
    command: spaced(command.id),
    summary: command.summary ?? '',
    description: command.description ?? '',
    usage: `${bin} ${usage === '' ? [spaced(command.id), ...words].join(' ') : usage}`,
    examples: (command.examples ?? []).map((example) =>
      String(example).replaceAll('<%= config.bin %>', bin),
    ),
    args,
    flags: Object.values(command.flags)
      .filter(({hidden}) => hidden !== true)
      .map(flagDocument)
      .toSorted((a, b) => Number(a.global) - Number(b.global) || (a.flag < b.flag ? -1 : 1)),
  };
}

function flagDocument(flag: Loadable['flags'][string]): FlagDocument {
  const option = flag.type === 'option' ? flag : undefined;
  const fallback: unknown = option?.default;
  return {
    flag: flag.name,
    char: flag.char ?? '',
    description: flag.description ?? '',
    env: flag.env ?? '',
    options: option?.options ?? [],
    required: flag.required === true,
    global: flag.helpGroup === 'GLOBAL',
    value: option !== undefined,
    fallback: typeof fallback === 'string' || typeof fallback === 'number' ? String(fallback) : '',
  };
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ');
}
