import {appFlag} from '../../cli/base-command.ts';
import {forFlag} from '../../cli/live/live-command.ts';
import {MovesCommand} from '../../cli/live/moves-command.ts';

export default class MovesWatch extends MovesCommand<typeof MovesWatch> {
  static override summary = 'Follow moves as they happen; the same as moves ls --watch.';
  static override description =
    'On a terminal a live view, else a line a change. Goes on for ever: reconnects by itself, says so, and marks what it may have missed. Ends by q, Ctrl-C, --for or --timeout.';
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
