import {Flags} from '@oclif/core';
import {SmCommand, optionalAppFlag} from '../cli/base-command.ts';
import {eventLine} from '../cli/event-lines.ts';
import {followStream} from '../cli/following.ts';
import {visible} from '../cli/visible.ts';
import type {EventView, StreamedEvent} from '../protocol/admin.ts';
import {jsonText} from '../cli/json-text.ts';

export default class Events extends SmCommand<typeof Events> {
  static override summary = 'Say what has happened: changes by operators, moves, container states.';
  static override description =
    'With -w one line an event, for ever: it reconnects by itself, says so, and marks what it may have missed. Ends by Ctrl-C or --timeout.';
  static override examples = [
    '<%= config.bin %> events -a orders --limit 20',
    '<%= config.bin %> events -w -o jsonl',
  ];
  static override flags = {
    app: optionalAppFlag,
    watch: Flags.boolean({char: 'w', description: 'go on with what happens from now on'}),
    limit: Flags.integer({description: 'show the newest so many', default: 100, min: 1}),
    object: Flags.string({description: 'only what concerns this shard or container'}),
  };

  override async run(): Promise<void> {
    const {app, limit, object, watch} = this.flags;
    if (watch) return this.follow();
    const answer = await this.client.call('events', {
      limit,
      ...(app === undefined ? {} : {service: app}),
      ...(object === undefined ? {} : {object}),
    });
    const {events, matched, revision} = answer;
    const lines = this.format === 'table' || this.format === 'wide';
    if (lines) {
      for (const event of events) process.stdout.write(`${visible(eventLine(event))}\n`);
      if (matched > events.length) this.say(`showing ${events.length} of ${matched}`);
      return;
    }
    await this.showList<EventView>({
      kind: 'EventList',
      fields: {revision, matched},
      items: events,
      name: (event) => `${event.type}/${event.revision}`,
      columns: [],
    });
  }

  private async follow(): Promise<void> {
    const open = (after: string | undefined, signal: AbortSignal) =>
      this.client.eventsStream(this.flags.app, after, signal);
    const limitMs = this.timeoutMs;
    await followStream(
      open,
      (event) => this.show(event),
      (text) => this.say(text),
      limitMs,
    );
    if (limitMs === undefined) this.leaveWith(130);
  }

  private show(event: StreamedEvent): void {
    if (this.format !== 'table' && this.format !== 'wide')
      process.stdout.write(`${jsonText(event)}\n`);
    else process.stdout.write(`${visible(lineOf(event))}\n`);
  }
}

function lineOf(event: StreamedEvent): string {
  if (event.type === 'hello') return `. watching from revision ${event.revision}`;
  return event.type === 'gap' ? `? events may be missing: ${event.reason}` : eventLine(event);
}
