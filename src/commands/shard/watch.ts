import {appFlag} from '../../cli/base-command.ts';
import {LiveCommand, forFlag} from '../../cli/live/live-command.ts';

export default class ShardWatch extends LiveCommand<typeof ShardWatch> {
  static override summary = 'Follow the shards of an app; the same as shard ls --watch.';
  static override description =
    'A live view on a terminal, otherwise one line per change. Runs until q, Ctrl-C, --for or --timeout ends it; when the connection breaks it says so and reconnects.';
  static override examples = [
    '<%= config.bin %> shard watch -a orders',
    '<%= config.bin %> shard watch -a orders -o jsonl --for ready --timeout 5m',
  ];
  static override hiddenAliases = ['shards:watch'];
  static override flags = {app: appFlag, for: forFlag};

  override async run(): Promise<void> {
    const {app: service, for: goal} = this.flags;
    await this.watch({view: 'shards', command: 'sm shard watch', service, for: goal});
  }
}
