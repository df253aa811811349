import {SmCommand, appFlag} from '../../cli/base-command.ts';
import {RemoteError} from '../../cli/failure-report.ts';
import {visible} from '../../cli/visible.ts';
import {SmError} from '../../model/errors.ts';
import type {MoveEvent} from '../../protocol/admin.ts';

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 8_000;

export default class MovesWatch extends SmCommand<typeof MovesWatch> {
  static override summary = 'Follow moves as they happen, one line a change.';
  static override description =
    'Goes on for ever: reconnects by itself, says so, and marks what it may have missed. Ends by Ctrl-C or --timeout.';
  static override examples = [
    '<%= config.bin %> moves watch -a orders',
    '<%= config.bin %> moves watch -a orders -o jsonl --timeout 30s',
  ];
  static override hiddenAliases = ['move:watch'];
  static override flags = {app: appFlag};

  override async run(): Promise<void> {
    const stop = new AbortController();
    const cut = (): void => stop.abort();
    process.once('SIGINT', cut);
    const limit = this.timeoutMs;
    const timer = limit === undefined ? undefined : setTimeout(cut, limit);
    try {
      await this.follow(stop.signal);
    } finally {
      clearTimeout(timer);
      process.removeListener('SIGINT', cut);
    }
    if (limit === undefined) this.leaveWith(130);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    let after: string | undefined;
    let connectedOnce = false;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        for await (const event of this.client.movesStream(this.flags.app, after, signal)) {
          after = event.revision;
          failures = 0;
          connectedOnce = true;
          this.show(event);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!connectedOnce || !isPassing(error)) throw error;
      }
      if (signal.aborted) return;
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures);
      this.say(`connection lost: trying again in ${waitMs} ms`);
      await pause(waitMs, signal);
    }
  }

  private show(event: MoveEvent): void {
    if (this.format !== 'table' && this.format !== 'wide')
      process.stdout.write(`${JSON.stringify(event)}\n`);
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

function isPassing(error: unknown): boolean {
  if (error instanceof RemoteError) return error.failure.retryable;
  return error instanceof SmError
    ? error.retryable
    : (error as NodeJS.ErrnoException).code !== undefined;
}

function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
