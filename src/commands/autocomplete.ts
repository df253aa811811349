import {Args} from '@oclif/core';
import {SmCommand} from '../cli/base-command.ts';
import {SCRIPTS, SHELLS} from '../cli/completion-scripts.ts';
import type {Shell} from '../cli/completion-scripts.ts';

const LINES: Readonly<Record<Shell, string>> = {
  bash: "echo 'source <(sm autocomplete bash)' >> ~/.bashrc",
  zsh: "echo 'source <(sm autocomplete zsh)' >> ~/.zshrc",
  fish: 'sm autocomplete fish > ~/.config/fish/completions/sm.fish',
};

export default class Autocomplete extends SmCommand<typeof Autocomplete> {
  static override summary =
    'Print the completion script of a shell; without a shell, explain how to install it.';
  static override description =
    'Completes commands, flags, and the names of existing apps, shards, containers and contexts.';
  static override examples = [
    'source <(<%= config.bin %> autocomplete bash)',
    '<%= config.bin %> autocomplete fish | source',
  ];
  static override args = {
    shell: Args.string({description: 'bash, zsh or fish', options: [...SHELLS]}),
  };

  override async run(): Promise<void> {
    const shell = this.args.shell as Shell | undefined;
    if (shell === undefined)
      return this.showList({
        kind: 'ShellList',
        items: SHELLS.map((name) => ({shell: name, install: LINES[name]})),
        name: (item) => item.shell,
        columns: [
          {header: 'SHELL', value: (item) => item.shell},
          {header: 'INSTALL', value: ({install}) => install},
        ],
      });
    if (this.isForPeople) process.stdout.write(SCRIPTS[shell]);
    else {
      const fields = {shell, script: SCRIPTS[shell]};
      await this.showObject({kind: 'CompletionScript', fields, name: shell, lines: []});
    }
  }
}
