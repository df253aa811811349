/** `docs/cli.md`, made from the definitions of the commands. */
import type {Interfaces} from '@oclif/core';
import {commandDocument, visibleCommands} from '../src/cli/help-document.ts';
import type {CommandDocument, FlagDocument} from '../src/cli/help-document.ts';
import {EXIT_CODES} from '../src/cli/help-topics.ts';

type Commands = Interfaces.Config['commands'];

/** The whole text; the same definitions always give the same bytes. */
export function cliReference(commands: Commands): string {
  const documents = visibleCommands({commands}).map((command) => commandDocument(command, 'sm'));
  const [first] = documents;
  const parts = [
    '# Command line',
    'Made from the command definitions by `npm run docs`; a test compares.',
    ['| command | does |', '| --- | --- |', ...documents.map(indexLine)].join('\n'),
    '## Flags of every command',
    flagTable(first?.flags.filter(({flag, global}) => global && flag !== 'app') ?? []),
    '## Exit codes',
    [
      '| code | meaning |',
      '| --- | --- |',
      ...EXIT_CODES.map(([code, text]) => `| ${code} | ${text} |`),
    ].join('\n'),
    ...documents.flatMap(section),
  ];
  return `${parts.join('\n\n')}\n`;
}

function indexLine({command, summary}: CommandDocument): string {
  return `| [\`${command}\`](#${anchorOf(command)}) | ${cell(summary)} |`;
}

function section({
  command,
  summary,
  description,
  usage,
  examples,
  args,
  flags,
}: CommandDocument): string[] {
  const own = flags.filter(({flag, global}) => !global || flag === 'app');
  return [
    `## ${command}`,
    summary,
    ...(description === '' ? [] : [description]),
    ['```sh', ...examples, '```'].join('\n'),
    `Usage: \`${usage}\``,
    ...(args.length === 0
      ? []
      : [
          args
            .map(({name, description: text}) => `- \`${name.toUpperCase()}\`: ${text}`)
            .join('\n'),
        ]),
    ...(own.length === 0 ? [] : [flagTable(own)]),
  ];
}

function flagTable(flags: readonly FlagDocument[]): string {
  return [
    '| flag | means | variable | default |',
    '| --- | --- | --- | --- |',
    ...flags.map(flagLine),
  ].join('\n');
}

function flagLine(document: FlagDocument): string {
  const {flag, char, description, env, options, value, required, fallback} = document;
  const name = `${char === '' ? '' : `-${char}, `}--${flag}${value ? ' VALUE' : ''}`;
  const choice = options.length === 0 ? '' : ` (${options.join(', ')})`;
  return `| \`${name}\` | ${cell(description + choice)}${required ? ' **Required.**' : ''} | ${code(env)} | ${code(fallback)} |`;
}

function code(text: string): string {
  return text === '' ? '' : `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function anchorOf(command: string): string {
  return command.replaceAll(' ', '-');
}
