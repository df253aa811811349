import {Flags} from '@oclif/core';
import {SmCommand, optionalAppFlag} from '../cli/base-command.ts';
import {eventLine, unreadableLines} from '../cli/event-lines.ts';
import {followStream, showStreamed} from '../cli/following.ts';
import {visible} from '../model/visible.ts';
import {EVENTS_DEFAULT, EVENTS_LIMIT} from '../protocol/limits.ts';
import type {EventView, StreamedEvent} from '../protocol/admin.ts';
import {instantOf} from '../cli/instant.ts';

export default class Events extends SmCommand<typeof Events> {
  static override summary =
    'List what happened: changes by operators, moves, shards, container states, alarms, outages.';
  static override description =
    'With -w it prints one line per event until Ctrl-C or --timeout; when the connection breaks, or etcd does not answer the daemon, it says so on stderr, goes on once that is over, and marks where it may have missed something.';
  static override examples = [
    '<%= config.bin %> events -a orders --limit 20',
    '<%= config.bin %> events -a orders --since 8h --object eu-1',
    '<%= config.bin %> events -w -o jsonl',
    '<%= config.bin %> events --audit --since 24h -o jsonl',
  ];
  static override flags = {
    app: optionalAppFlag,
    watch: Flags.boolean({char: 'w', description: 'keep printing new events'}),
    audit: Flags.boolean({
      description:
        'only changes by operators, and counts of refused calls: all entries that are kept',
    }),
    limit: Flags.integer({
      description: 'maximum number of events, the newest; default 100, or all with --audit',
      min: 1,
    }),
    object: Flags.string({description: 'only events of this shard or container'}),
    since: Flags.string({
      description: 'only events since then: a time, or how long ago, such as 2h',
      exclusive: ['watch'],
    }),
    until: Flags.string({
      description: 'only events before then: a time, or how long ago',
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
      ...{service: app, object, since, until},
    });
    const {events, matched, revision, unreadable} = answer;
    for (const line of unreadableLines(unreadable)) this.say(line);
    if (this.isForPeople) {
      for (const event of events) this.showLine(event, eventLine(event));
      if (matched > events.length) this.say(`showing ${events.length} of ${matched}`);
      if (matched === 0) this.say(this.nothingText());
      return;
    }
    await this.showList<EventView>({
      kind: 'EventList',
      fields: {revision, matched, ...(unreadable === undefined ? {} : {unreadable})},
      items: events,
      name: (event) => `${event.type}/${event.revision}`,
      columns: [],
    });
  }

  /** Nothing is an answer, too. */
  private nothingText(): string {
    const {app, object, since, until} = this.flags;
    const of = object === undefined ? '' : ` about ${visible(object)}`;
    const where = app === undefined ? '' : ` in app ${app}`;
    const when = [since && ` since ${since}`, until && ` until ${until}`].filter(Boolean).join('');
    return `no events are kept${of}${where}${when}; each app keeps its newest 1,000 events of each kind`;
  }

  private async follow(): Promise<void> {
    const open = (after: string | undefined, signal: AbortSignal) =>
      this.client.eventsStream(this.flags.app, after, signal, this.flags.audit);
    const limitMs = this.timeoutMs;
    const output = this.streamOutput;
    const ended = await followStream(
      open,
      (event) => showStreamed(event, lineOf, output),
      (text) => this.say(text),
      limitMs,
    );
    if (ended === 'interrupted') this.leaveWith(130);
  }
}

function lineOf(event: Exclude<StreamedEvent, {type: 'store'}>): string {
  if (event.type === 'hello') return `. watching from revision ${event.revision}`;
  return event.type === 'gap' ? `? events may be missing: ${event.reason}` : eventLine(event);
}
