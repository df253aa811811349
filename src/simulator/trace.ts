/**
 * What happens to an app over time, as `sm record` writes it and `sm sim` plays it: JSON lines, the header first, then events in the order of
 * time (docs/placement.md, "Traces").
 */
import {TRACE_VERSION} from './limits.ts';

/** Loads by metric. */
export type Loads = Readonly<Record<string, number>>;

/** A shard that the trace brings. Where the file of apps declares it, the file counts. */
export interface TraceShard {
  readonly id: string;
  readonly group?: string;
  readonly workerGroup?: string;
  readonly pin?: string;
  /** As declared: what containers report counts instead. */
  readonly load?: Loads;
  readonly spreadKey?: string;
  readonly priority?: number;
}

/** What a container registers with. */
export interface TraceContainer {
  readonly weight?: number;
  readonly capacity?: number;
  readonly zone?: string;
  readonly limits?: Loads;
  readonly version?: string;
}

/** The first line. */
export interface TraceHeader {
  readonly format: 'sm-trace';
  readonly v: number;
  readonly app: string;
  /** T of its containers. */
  readonly ttlMs: number;
  /** When it was recorded, RFC 3339, or what it was made by; '' where nobody says. */
  readonly source: string;
}

export type TraceEvent = {readonly atMs: number} & (
  | ({readonly event: 'join'; readonly container: string} & TraceContainer)
  /** `leave`: gives everything away and goes. `loss`: says and does nothing from now on. The rest are orders of an operator. */
  | {
      readonly event: 'leave' | 'loss' | 'drain' | 'cordon' | 'uncordon';
      readonly container: string;
    }
  /** An operator's word on the container's share. */
  | ({readonly event: 'set'; readonly container: string} & Pick<
      TraceContainer,
      'weight' | 'capacity' | 'zone'
    >)
  | {readonly event: 'add'; readonly shards: readonly TraceShard[]}
  | {readonly event: 'remove'; readonly shards: readonly string[]}
  /** The container has these when the trace begins. */
  | {readonly event: 'own'; readonly container: string; readonly shards: readonly string[]}
  /** So much the shards take from now on, by shard and metric. Shards that are not named go on as they are. */
  | {readonly event: 'load'; readonly loads: Readonly<Record<string, Loads>>}
  /** The last line; without it a trace ends with its last event. */
  | {readonly event: 'end'}
);

export interface Trace extends TraceHeader {
  readonly events: readonly TraceEvent[];
  readonly durationMs: number;
}

export function traceHeader(app: string, ttlMs: number, source: string): TraceHeader {
  return {format: 'sm-trace', v: TRACE_VERSION, app, ttlMs, source};
}

/** One line, without its end. */
export function traceLine(part: TraceHeader | TraceEvent): string {
  return JSON.stringify(part);
}

/** The whole text. */
export function traceText({events, durationMs, ...header}: Trace): string {
  const lines = [header, ...events].map(traceLine);
  if (events.at(-1)?.event !== 'end') lines.push(traceLine({atMs: durationMs, event: 'end'}));
  return `${lines.join('\n')}\n`;
}

/** Metrics that loads of the trace name, in order. */
export function metricsOf({events}: Pick<Trace, 'events'>): string[] {
  const found = new Set<string>();
  const note = (loads: Loads | undefined): void => {
    for (const name of Object.keys(loads ?? {})) found.add(name);
  };
  for (const event of events) {
    if (event.event === 'load') Object.values(event.loads).forEach(note);
    if (event.event === 'add') for (const {load} of event.shards) note(load);
  }
  return [...found].sort();
}
