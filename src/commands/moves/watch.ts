import {appFlag} from '../../cli/base-command.ts';
import {LiveCommand, forFlag} from '../../cli/live/live-command.ts';
import type {Watched} from '../../cli/live/live-command.ts';
import {visible} from '../../cli/visible.ts';
import type {MoveEvent} from '../../protocol/admin.ts';
import {jsonText} from '../../cli/json-text.ts';

export default class MovesWatch extends LiveCommand<typeof MovesWatch> {
  static override summary = 'Follow moves as they happen.';
  static override description =
    'On a terminal a live view, else a line a change. Goes on for ever: reconnects by itself, says so, and marks what it may have missed. Ends by q, Ctrl-C, --for or --timeout.';
  static override examples = [
    '<%= config.bin %> moves watch -a orders',
    '<%= config.bin %> moves watch -a orders -o jsonl --timeout 30s',
  ];
  static override hiddenAliases = ['move:watch'];
  static override flags = {app: appFlag, for: forFlag};

  override async run(): Promise<void> {
    await this.watch({
      view: 'moves',
      command: 'sm moves watch',
      service: this.flags.app,
      query: {},
      for: this.flags.for,
      loadViews: () => import('../../views/index.tsx'),
    });
  }

  /** Without a terminal every step is told, not only what a screen would still show. */
  protected override async stream(
    {service}: Watched,
    signal: AbortSignal,
    onWhole: () => void,
  ): Promise<void> {
    const {followUntil} = await import('../../cli/following.ts');
    await followUntil(
      (after, attempt) => this.client.movesStream(service, after, attempt),
      (event) => {
        this.show(event);
        // From its first word on nothing that stands is left to be told.
        onWhole();
      },
      (text) => this.say(text),
      signal,
    );
  }

  private show(event: MoveEvent): void {
    if (this.format !== 'table' && this.format !== 'wide')
      process.stdout.write(`${jsonText(event)}\n`);
    else process.stdout.write(`${visible(lineOf(event))}\n`);
  }
}

function lineOf(event: MoveEvent): string {
  switch (event.type) {
    case 'hello':
      return `. watching from revision ${event.revision}`;
    case 'running':
      return `> ${event.move.shard}  ${event.move.from || '-'} -> ${event.move.to || '-'}  ${event.move.step}  ${event.move.why}`;
    case 'settled':
      return event.container === ''
        ? `- ${event.shard}  nobody has it`
        : `+ ${event.shard}  ready on ${event.container}  token ${event.token}`;
    case 'finished':
      return `${event.move.outcome === 'done' ? '+' : 'x'} ${event.move.shard}  ${event.move.from || '-'} -> ${event.move.to || '-'}  ${event.move.outcome}  ${event.move.why}`;
    case 'gap':
      return `? changes may be missing: ${event.reason}`;
  }
}
