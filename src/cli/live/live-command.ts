/** Base of the commands that can watch: on a terminal a live view, else one line or JSON object a change. */
import {once} from 'node:events';
import {Flags} from '@oclif/core';
import type {Command} from '@oclif/core';
import type {AdminInput, LiveRow, LiveView} from '../../protocol/admin.ts';
import {SmError} from '../../model/errors.ts';
import {gate} from '../../runtime/gate.ts';
import {pause} from '../../runtime/pause.ts';
import {serverUrls} from '../../admin/servers.ts';
import {SmCommand} from '../base-command.ts';
import {neverHeard} from '../call-limit.ts';
import {endWithReader} from '../lost-output.ts';
import {waitUntilMet} from '../waiting.ts';
import type {ScreenQuery} from './live-session.ts';
import {ALL_ROWS} from '../limits.ts';

/** `without`: flags that say nothing where changes are followed; given with --watch they are refused. */
export const watchFlags = (...without: string[]) => ({
  watch: Flags.boolean({
    char: 'w',
    description: 'follow changes: a live view on a terminal, otherwise one line per change',
    exclusive: without,
  }),
  for: Flags.string({
    description: 'with --watch: end as soon as the app is in this state',
    options: ['ready', 'balanced'],
    dependsOn: ['watch'],
  }),
});

/** Of commands that always watch. */
export const forFlag = Flags.string({
  description: 'end as soon as the app is in this state',
  options: ['ready', 'balanced'],
});

export interface Watched {
  readonly view: LiveView;
  /** As the user would type it. */
  readonly command: string;
  /** All apps when left out. */
  readonly service?: string;
  readonly query?: Omit<AdminInput<'liveStream'>, 'view' | 'service'>;
  readonly for?: string | undefined;
  /** What is typed into the filter of the screen to begin with. */
  readonly filter?: string | undefined;
  /** Rows to tell of without a screen; all when left out. */
  readonly only?: (row: LiveRow) => boolean;
}

type Goal = 'ready' | 'balanced';

/** The view itself shows how far things are. */
const UNSEEN = {update: (): void => undefined};

export abstract class LiveCommand<T extends typeof Command> extends SmCommand<T> {
  private isHeard = false;

  /** Ends by a signal, a key, --for, or --timeout. */
  protected async watch(watched: Watched): Promise<void> {
    if (this.format === 'yaml' || this.format === 'name')
      throw new SmError('INVALID_INPUT', `changes cannot be written as ${this.format}`, {
        hint: 'use -o table, -o json or -o jsonl',
      });
    const exit = this.onTerminal()
      ? await this.showScreen(watched)
      : await this.printLines(watched);
    if (exit !== 0) this.leaveWith(exit);
  }

  /** Decided before anything heavy is loaded: without both ends a view can neither be seen nor steered. */
  protected onTerminal(): boolean {
    const terminal = process.stdin.isTTY && process.stdout.isTTY;
    return this.isForPeople && terminal && process.env['TERM'] !== 'dumb';
  }

  private async showScreen(watched: Watched): Promise<number> {
    const {runSession} = await import('./live-session.ts');
    const {view, command, service = '', filter = ''} = watched;
    return runSession({
      view,
      labels: {command, service, server: new URL(this.client.server).host},
      fullScreen: view === 'top',
      filter,
      daemons: this.daemons,
      open: (chosen) => (lastEventId, signal) =>
        this.heard(this.client.liveStream(inputOf(watched, chosen), lastEventId, signal)),
      until: (signal) => this.until(watched, signal),
    });
  }

  /** What a daemon says, with a note that one was heard. */
  protected async *heard<Message>(messages: AsyncIterable<Message>): AsyncGenerator<Message> {
    for await (const message of messages) {
      this.isHeard = true;
      yield message;
    }
  }

  /** A screen says itself that it waits; a line between its frames would spoil them. */
  protected override sayLimited(refusal: Error): void {
    if (!this.isHeard || !this.onTerminal()) super.sayLimited(refusal);
  }

  private get daemons(): number {
    return serverUrls(this.setting('server')).length;
  }

  private async printLines(watched: Watched): Promise<number> {
    await endWithReader();
    const over = new AbortController();
    const signalled = new Promise<number>((resolve) => {
      const listen = (signal: NodeJS.Signals, exit: number): void => {
        const listener = (): void => resolve(exit);
        process.once(signal, listener);
        over.signal.addEventListener('abort', () => process.removeListener(signal, listener));
      };
      listen('SIGINT', 130);
      listen('SIGTERM', 143);
    });
    // A goal that is met at once must not end the watch before it has said how things are.
    const shown = gate();
    over.signal.addEventListener('abort', () => shown.resolve());
    const streaming = this.stream(watched, over.signal, shown.resolve).then(() => 0);
    const until = this.until(watched, over.signal).then(async (exit) => {
      if (watched.for !== undefined) await shown.promise;
      return exit;
    });
    try {
      return await Promise.race([streaming, signalled, until]);
    } finally {
      over.abort();
      // What is cut off may fail; nobody waits for it any more.
      await Promise.allSettled([streaming, until]);
    }
  }

  /** Writes changes until the signal is aborted; `onWhole`: everything that stands has been written. */
  protected async stream(
    watched: Watched,
    signal: AbortSignal,
    onWhole: () => void = () => undefined,
  ): Promise<void> {
    const {LiveLines, LiveLink, isRetryable} = await import('./line-watch.ts');
    if (signal.aborted) return;
    const {limit = ALL_ROWS} = watched.query ?? {};
    const input = inputOf({...watched, query: {...watched.query, limit}}, undefined);
    const lines = new LiveLines({
      json: !this.isForPeople,
      write: (line) => void process.stdout.write(`${line}\n`),
      say: (text) => this.say(text),
      onWhole,
      ...(watched.only === undefined ? {} : {only: watched.only}),
    });
    const link = new LiveLink(
      (lastEventId, attempt) => this.heard(this.client.liveStream(input, lastEventId, attempt)),
      (event) => lines.take(event),
      this.daemons,
    );
    signal.addEventListener('abort', () => link.close(), {once: true});
    await link.run((error) => !isRetryable(error));
  }

  /** Resolves with 0 when the goal is met or the time given is over; rejects when it is over without the goal, or without a word of a daemon. */
  private async until(watched: Watched, signal: AbortSignal): Promise<number> {
    const limitMs = this.timeoutMs;
    if (watched.for !== undefined)
      return this.untilGoal(watched, watched.for as Goal, limitMs, signal);
    if (limitMs === undefined) await once(signal, 'abort');
    else await pause(limitMs, signal);
    if (limitMs !== undefined && !this.isHeard && !signal.aborted) throw neverHeard(limitMs);
    return 0;
  }

  private async untilGoal(
    {service}: Watched,
    goal: Goal,
    limitMs: number | undefined,
    signal: AbortSignal,
  ): Promise<number> {
    const endMs = performance.now() + (limitMs ?? Number.POSITIVE_INFINITY);
    const {services} =
      service === undefined ? await this.client.call('getSpec', {}) : {services: [service]};
    if (services.length === 0) throw new SmError('APP_NOT_FOUND', `no app to wait for`);
    for (const app of services) {
      const wanted = {service: app, kind: 'app', id: '', for: goal} as const;
      await waitUntilMet(this.client, wanted, endMs - performance.now(), UNSEEN, signal);
    }
    return 0;
  }
}

function inputOf(
  {view, service, query}: Watched,
  chosen: ScreenQuery | undefined,
): AdminInput<'liveStream'> {
  return {
    view,
    service,
    ...query,
    ...(chosen as Pick<AdminInput<'liveStream'>, 'filter' | 'sort'>),
  };
}
