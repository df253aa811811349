import {Args, Flags} from '@oclif/core';
import {SmCommand} from '../../cli/base-command.ts';
import {ROLES} from '../../model/access.ts';
import type {Role} from '../../model/access.ts';

export default class TokenCreate extends SmCommand<typeof TokenCreate> {
  static override summary =
    'Create a token, and print the line for the token file that makes it valid.';
  static override description = [
    'No daemon is contacted. The token is shown once and stored nowhere: give it to the caller as a file with mode 0600, for --token-file. Add the line to the file that auth.tokenFile of each daemon names; daemons reload that file by themselves.',
    'view reads; operate also changes shards, worker groups, limits and containers; admin also creates and removes apps and may make changes to the whole cluster. To revoke a token remove its line: calls with it fail, and its open streams end.',
  ].join('\n');
  static override examples = [
    '<%= config.bin %> token create ci --role operate --app "orders-*"',
    '<%= config.bin %> token create grafana --role view',
  ];
  static override args = {
    name: Args.string({description: 'name of the token, shown in the audit', required: true}),
  };
  static override flags = {
    role: Flags.option({options: ROLES, description: 'role of the token', required: true})(),
    app: Flags.string({
      char: 'a',
      description:
        'limit the token to these apps; * matches any characters; may be given several times',
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
