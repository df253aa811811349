/** Writes events of a trace one after the other. */
import {LOAD_DIGITS, SHARDS_PER_LINE} from './limits.ts';
import {traceHeader} from './trace.ts';
import type {Loads, Trace, TraceContainer, TraceEvent, TraceShard} from './trace.ts';

export class TraceBuilder {
  private readonly events: TraceEvent[] = [];

  join(atMs: number, container: string, registered: TraceContainer = {}): void {
    this.events.push({atMs, event: 'join', container, ...registered});
  }

  say(atMs: number, event: 'leave' | 'loss' | 'drain' | 'uncordon', container: string): void {
    this.events.push({atMs, event, container});
  }

  add(atMs: number, shards: readonly TraceShard[]): void {
    for (let from = 0; from < shards.length; from += SHARDS_PER_LINE)
      this.events.push({atMs, event: 'add', shards: shards.slice(from, from + SHARDS_PER_LINE)});
  }

  load(atMs: number, loads: readonly (readonly [shard: string, loads: Loads])[]): void {
    for (let from = 0; from < loads.length; from += SHARDS_PER_LINE) {
      const some = loads.slice(from, from + SHARDS_PER_LINE);
      const rounded = some.map(([shard, said]) => [shard, roundedLoads(said)]);
      this.events.push({atMs, event: 'load', loads: Object.fromEntries(rounded)});
    }
  }

  /** In the order of time; what was said at one time stays in the order in which it was said. */
  build(app: string, ttlMs: number, source: string, durationMs: number): Trace {
    const events = this.events
      .map((event, at) => ({event, at}))
      .sort((a, b) => a.event.atMs - b.event.atMs || a.at - b.at)
      .map(({event}) => event);
    return {...traceHeader(app, ttlMs, source), events, durationMs};
  }
}

function roundedLoads(loads: Loads): Loads {
  const rounded = Object.entries(loads).map(([name, load]) => [
    name,
    Number(load.toPrecision(LOAD_DIGITS)),
  ]);
  return Object.fromEntries(rounded) as Loads;
}
