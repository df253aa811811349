/** Base of the commands that follow moves: without a terminal every step is printed, not only what a screen would still show. */
import type {Command} from '@oclif/core';
import {causeText} from '../../model/move-reason.ts';
import {waitsText} from '../../model/move-wait.ts';
import type {MoveEvent} from '../../protocol/admin.ts';
import {LiveCommand} from './live-command.ts';
import type {Watched} from './live-command.ts';

export abstract class MovesCommand<T extends typeof Command> extends LiveCommand<T> {
  protected watchMoves(command: string, service: string, goal: string | undefined): Promise<void> {
    return this.watch({view: 'moves', command, service, for: goal});
  }

  protected override async stream(
    {service = ''}: Watched,
    signal: AbortSignal,
    onWhole: () => void,
  ): Promise<void> {
    const {followUntil, showStreamed} = await import('../following.ts');
    const output = this.streamOutput;
    await followUntil(
      (after, attempt) => this.heard(this.client.movesStream(service, after, attempt)),
      (event) => {
        showStreamed(event, lineOf, output);
        // From its first word on nothing that stands is left to be printed.
        onWhole();
      },
      (text) => this.say(text),
      signal,
    );
  }
}

function lineOf(event: Exclude<MoveEvent, {type: 'store'}>): string {
  switch (event.type) {
    case 'hello':
      return `. watching from revision ${event.revision}`;
    case 'running':
      return `> ${event.move.shard}  ${event.move.from || '-'} -> ${event.move.to || '-'}  ${event.move.step}  ${causeText(event.move)}`;
    case 'waiting':
      return event.waits.length === 0 ? '. no move waits any more' : `. ${waitsText(event.waits)}`;
    case 'settled':
      return event.container === ''
        ? `- ${event.shard}  has no owner`
        : `+ ${event.shard}  ready on ${event.container}  token ${event.token}`;
    case 'finished':
      return `${event.move.outcome === 'done' ? '+' : 'x'} ${event.move.shard}  ${event.move.from || '-'} -> ${event.move.to || '-'}  ${event.move.outcome}  ${causeText(event.move)}`;
    case 'gap':
      return `? changes may be missing: ${event.reason}`;
    // A newer daemon may know of more.
    default:
      return `? ${(event as {readonly type: string}).type}`;
  }
}
