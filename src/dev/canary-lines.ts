/** What the canary sees, in words for people. */
import {counted} from '../model/counted.ts';
import type {Measured} from './canary.ts';
import type {DevEvent} from './events.ts';
import {Lines} from './lines.ts';

export type CanaryEvent =
  | DevEvent
  /** URL of the metrics. */
  | {readonly event: 'metrics'; readonly url: string}
  | {readonly event: 'measured'; readonly measured: Measured};

export class CanaryLines {
  private readonly app: string;
  private readonly others = new Lines({program: 'sm', defaultServer: ''});

  constructor(app: string) {
    this.app = app;
  }

  of(event: CanaryEvent): string[] {
    switch (event.event) {
      case 'metrics':
        return [`metrics at ${event.url}`];
      case 'placed':
        return [
          `app ${this.app}: ${counted(event.shards, 'shard')} on ${counted(event.containers.length, 'container')} of this canary`,
        ];
      case 'measured':
        return this.measured(event.measured);
      default:
        return this.others.of(event);
    }
  }

  private measured({verdict, shards, standing, stallMs, handovers, faults}: Measured): string[] {
    const struck = Object.entries(faults).map(([fault, count]) => `${fault} ${count}`);
    const lines = this.others.of({event: 'verdict', verdict});
    lines.push(`shards without an owner that acts, now: ${standing} of ${shards}`);
    lines.push(`longest time between two effects of one owner: ${stallMs} ms`);
    lines.push(`faults on purpose: ${struck.length === 0 ? 'none' : struck.join(', ')}`);
    for (const [cause, {count, medianMs, p99Ms, maxMs}] of Object.entries(handovers))
      lines.push(
        `handovers (${cause}): ${count}, median ${medianMs} ms, 99 % ${p99Ms} ms, longest ${maxMs} ms`,
      );
    return lines;
  }
}
