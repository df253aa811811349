import {LiveCommand, forFlag} from '../../cli/live/live-command.ts';

export default class AppWatch extends LiveCommand<typeof AppWatch> {
  static override summary = 'Follow all apps; the same as app ls --watch.';
  static override description =
    'A live view on a terminal, otherwise one line per change. Runs until q, Ctrl-C, --for or --timeout ends it; when the connection breaks it says so and reconnects.';
  static override examples = [
    '<%= config.bin %> app watch',
    '<%= config.bin %> app watch -o jsonl --for ready --timeout 5m',
  ];
  static override hiddenAliases = ['apps:watch'];
  static override flags = {for: forFlag};

  override async run(): Promise<void> {
    const {for: goal} = this.flags;
    await this.watch({view: 'apps', command: 'sm app watch', for: goal});
  }
}
