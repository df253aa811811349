import {SmCommand} from '../cli/base-command.ts';
import {completions} from '../cli/completing.ts';
import {connectionOf} from '../cli/settings.ts';
import {AdminClient} from '../admin/admin-client.ts';
import {COMPLETION_LIMIT_MS} from '../cli/limits.ts';

export default class Complete extends SmCommand<typeof Complete> {
  static override summary = 'Candidates for the last word, one per line; for completion scripts.';
  static override examples = ['<%= config.bin %> complete -- shard get -a ord'];
  static override hidden = true;
  static override strict = false;
  static override usage = 'complete -- WORD...';

  override async run(): Promise<void> {
    const client = new AdminClient({
      ...connectionOf((name) => this.setting(name)),
      timeoutMs: COMPLETION_LIMIT_MS,
      plainToken: this.flags['plain-token'] === true,
    });
    try {
      const found = await completions(this.words, {
        commands: this.config.commands,
        client,
        app: this.setting('app'),
      });
      if (this.format.startsWith('json') || this.format === 'yaml') await this.showDocument(found);
      else for (const word of found) process.stdout.write(`${word}\n`);
    } finally {
      client.close();
    }
  }
  private async showDocument(found: readonly string[]): Promise<void> {
    await this.showList({
      kind: 'CompletionList',
      items: found.map((candidate) => ({candidate})),
      name: ({candidate}) => candidate,
      columns: [],
    });
  }
}
