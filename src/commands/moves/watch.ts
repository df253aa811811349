import {appFlag} from '../../cli/base-command.ts';
import {forFlag} from '../../cli/live/live-command.ts';
import {MovesCommand} from '../../cli/live/moves-command.ts';

export default class MovesWatch extends MovesCommand<typeof MovesWatch> {
  static override summary = 'Follow moves as they happen; the same as moves ls --watch.';
  static override description =
    'A live view on a terminal, otherwise one line per change. Runs until q, Ctrl-C, --for or --timeout ends it; when the connection breaks it says so, reconnects, and marks where it may have missed something.';
  static override examples = [
    '<%= config.bin %> moves watch -a orders',
    '<%= config.bin %> moves watch -a orders -o jsonl --timeout 30s',
  ];
  static override hiddenAliases = ['move:watch'];
  static override flags = {app: appFlag, for: forFlag};

  override async run(): Promise<void> {
    await this.watchMoves('sm moves watch', this.flags.app, this.flags.for);
  }
}
