import {Flags} from '@oclif/core';
import {SmCommand, optionalAppFlag} from '../cli/base-command.ts';
import {eventLine} from '../cli/event-lines.ts';
import {followStream} from '../cli/following.ts';
import {visible} from '../cli/visible.ts';
import {EVENTS_DEFAULT, EVENTS_LIMIT} from '../protocol/limits.ts';
import type {EventView, StreamedEvent} from '../protocol/admin.ts';
import {instantOf} from '../cli/instant.ts';
import {jsonText} from '../cli/json-text.ts';

export default class Events extends SmCommand<typeof Events> {
  static override summary =
    'Say what has happened: changes by operators, moves, shards, container states, alarms, outages.';
  static override description =
    'With -w one line an event, for ever: it reconnects by itself, says so, and marks what it may have missed. Ends by Ctrl-C or --timeout.';
  static override examples = [
    '<%= config.bin %> events -a orders --limit 20',
    '<%= config.bin %> events -a orders --since 8h --object eu-1',
    '<%= config.bin %> events -w -o jsonl',
    '<%= config.bin %> events --audit --since 24h -o jsonl',
  ];
  static override flags = {
    app: optionalAppFlag,
    watch: Flags.boolean({char: 'w', description: 'go on with what happens from now on'}),
    audit: Flags.boolean({
      description:
        'only changes by operators, and counts of what they were refused: all that is kept',
    }),
    limit: Flags.integer({
      description: 'show the newest so many; default 100, or all with --audit',
      min: 1,
    }),
    object: Flags.string({description: 'only what concerns this shard or container'}),
    since: Flags.string({
      description: 'only from then on: a time, or how long ago, as 2h',
      exclusive: ['watch'],
    }),
    until: Flags.string({
      description: 'only before then: a time, or how long ago',
      exclusive: ['watch'],
    }),
  };

  override async run(): Promise<void> {
    const {app, object, watch, audit} = this.flags;
    const {limit = audit ? EVENTS_LIMIT : EVENTS_DEFAULT} = this.flags;
    if (watch) return this.follow();
    const since = instantOf('since', this.flags.since, Date.now());
    const until = instantOf('until', this.flags.until, Date.now());
    const answer = await this.client.call('events', {
      limit,
      ...(audit ? {audit} : {}),
      ...(app === undefined ? {} : {service: app}),
      ...(object === undefined ? {} : {object}),
      ...(since === undefined ? {} : {since}),
      ...(until === undefined ? {} : {until}),
    });
    const {events, matched, revision} = answer;
    const lines = this.format === 'table' || this.format === 'wide';
    if (lines) {
      for (const event of events) process.stdout.write(`${visible(eventLine(event))}\n`);
      if (matched > events.length) this.say(`showing ${events.length} of ${matched}`);
      if (matched === 0) this.say(this.nothingText());
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

  /** Nothing is an answer, too. */
  private nothingText(): string {
    const {app, object, since, until} = this.flags;
    const of = object === undefined ? '' : ` that concerns ${visible(object)}`;
    const where = app === undefined ? '' : ` in app ${app}`;
    const when = [since && ` since ${since}`, until && ` until ${until}`].filter(Boolean).join('');
    return `nothing is known${of}${where}${when}; the newest 1,000 events of each kind are kept for each app`;
  }

  private async follow(): Promise<void> {
    const open = (after: string | undefined, signal: AbortSignal) =>
      this.client.eventsStream(this.flags.app, after, signal, this.flags.audit);
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
