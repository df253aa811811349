import {LiveCommand} from '../cli/live/live-command.ts';

export default class Top extends LiveCommand<typeof Top> {
  static override summary = 'Show apps, containers and moves live, on the whole screen.';
  static override description =
    'Read-only. A dashboard on a terminal, otherwise one line per change. While the daemon is away it says so and keeps trying. Ends on q, Ctrl-C or --timeout.';
  static override examples = [
    '<%= config.bin %> top',
    '<%= config.bin %> top --server http://sm.example:8801',
    '<%= config.bin %> top -o jsonl --timeout 1m',
  ];

  override async run(): Promise<void> {
    await this.watch({view: 'top', command: 'sm top'});
  }
}
