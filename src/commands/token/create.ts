import {Args, Flags} from '@oclif/core';
import {SmCommand} from '../../cli/base-command.ts';
import {ROLES} from '../../model/access.ts';
import type {Role} from '../../model/access.ts';

export default class TokenCreate extends SmCommand<typeof TokenCreate> {
  static override summary = 'Make a token and the line of the token file that makes it valid.';
  static override description = [
    'No daemon is asked. The token is shown once and kept nowhere: give it to who is to call, as a file with mode 0600 for --token-file. Put the line into the file that auth.tokenFile of each daemon names; daemons read it again by themselves.',
    'view reads; operate also changes shards, worker groups, limits and containers; admin also creates and removes apps and decides for the cluster. To revoke a token take its line out: its open streams end.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> token create ci --role operate --app orders-*',
    '<%= config.bin %> token create grafana --role view',
  ];
  static override args = {
    name: Args.string({description: 'name of the token, as the audit shows it', required: true}),
  };
  static override flags = {
    role: Flags.option({options: ROLES, description: 'what it may do', required: true})(),
    app: Flags.string({
      char: 'a',
      description:
        'limit it to these apps; * stands for any characters; may be given several times',
      multiple: true,
    }),
  };

  override async run(): Promise<void> {
    const {createToken} = await import('../../config/token-line.ts');
    const {role, app = []} = this.flags;
    const apps = app.length === 0 ? 'all' : app;
    const {token, line} = await createToken(this.args.name, role as Role, apps);
    await this.showObject({
      kind: 'Token',
      fields: {name: this.args.name, role, apps: app, token, line},
      name: token,
      lines: [`token ${token}`, `line  ${line}`],
    });
  }
}
