/** Reads a trace. Every fault is named with its line. Pure. */
import {messageOf} from '../model/failure-text.ts';
import {SmError} from '../model/errors.ts';
import type {Fields} from '../model/fields.ts';
import {isFields} from '../model/fields.ts';
import {nameProblem} from '../model/ids.ts';
import {
  FAULTS_NAMED,
  TRACE_LIMIT_BYTES,
  TRACE_LINES_LIMIT,
  TRACE_LINE_LIMIT_CHARACTERS,
  TRACE_LONGEST_MS,
  TRACE_VERSION,
} from './limits.ts';
import type {Trace, TraceEvent, TraceHeader, TraceShard} from './trace.ts';
import {EVENT_SHAPES, fieldProblem, number, text, unknownWord} from './trace-fields.ts';
import type {FieldRule} from './trace-fields.ts';
import {TTL_MAX_MS, TTL_MIN_MS} from '../model/limits.ts';

const HINT = 'docs/placement.md, "Traces", describes the lines; sm record writes such a file';

/**
 * The trace of a text. `name`: of the file, for errors. `declared`: shards that there are without the trace.
 * @throws SmError INVALID_INPUT naming the first faults with file:line.
 */
export function readTrace(name: string, text: string, declared: Iterable<string> = []): Trace {
  if (text.length > TRACE_LIMIT_BYTES)
    throw invalid([`${name} is larger than ${TRACE_LIMIT_BYTES} bytes`]);
  return new TraceReader(name, declared).read(text);
}

class TraceReader {
  private readonly name: string;
  private readonly faults: string[] = [];
  private readonly events: TraceEvent[] = [];
  private readonly shards: Set<string>;
  private readonly declared: ReadonlySet<string>;
  private readonly containers = new Set<string>();
  private readonly owned = new Set<string>();
  /** A process with the id has gone, or is on its way out. */
  private readonly left = new Set<string>();
  private header: TraceHeader | undefined;
  private lastMs = 0;
  private hasEnded = false;
  private line = 0;

  constructor(name: string, declared: Iterable<string>) {
    this.name = name;
    this.declared = new Set(declared);
    this.shards = new Set(this.declared);
  }

  read(text: string): Trace {
    for (let from = 0; from < text.length && this.faults.length <= FAULTS_NAMED;) {
      const end = text.indexOf('\n', from);
      this.line += 1;
      if (this.line > TRACE_LINES_LIMIT) {
        this.fault(`a trace has at most ${TRACE_LINES_LIMIT} lines`);
        break;
      }
      this.take(text.slice(from, end < 0 ? text.length : end));
      from = end < 0 ? text.length : end + 1;
    }
    if (this.header === undefined && this.faults.length === 0) this.fault('the file is empty');
    if (this.faults.length > 0 || this.header === undefined) throw invalid(this.faults);
    return {...this.header, events: this.events, durationMs: this.lastMs};
  }

  private take(line: string): void {
    if (line.trim() === '') return;
    if (line.length > TRACE_LINE_LIMIT_CHARACTERS)
      return this.fault(`is longer than ${TRACE_LINE_LIMIT_CHARACTERS} characters`);
    const fields = this.parsed(line);
    if (fields === undefined) return;
    const problem =
      this.header === undefined ? this.takeHeader(fields) : this.takeEvent(fields as Fields);
    if (problem !== undefined) this.fault(problem);
  }

  private parsed(line: string): Fields | undefined {
    try {
      const value: unknown = JSON.parse(line);
      if (isFields(value)) return value;
      this.fault('is not a JSON object');
    } catch (error) {
      const cause = messageOf(error);
      const isNaN = /\b(NaN|Infinity)\b/.test(line) ? '; NaN and Infinity are not numbers' : '';
      this.fault(`is not JSON: ${cause}${isNaN}`);
    }
    return undefined;
  }

  private takeHeader(fields: Fields): string | undefined {
    const {format, v} = fields;
    // Faults of the lines below would say nothing.
    this.header = {format: 'sm-trace', v: TRACE_VERSION, app: '', ttlMs: 0, source: ''};
    if (format !== 'sm-trace') return 'is not the header of a trace: "format" is not "sm-trace"';
    if (v !== TRACE_VERSION)
      return `is a trace of version ${String(v)}; this sm reads version ${TRACE_VERSION}`;
    const problem = fieldProblem(fields, HEADER_FIELDS, ['format', 'v', 'app', 'ttlMs']);
    if (problem === undefined) this.header = {...this.header, ...(fields as Partial<TraceHeader>)};
    return problem;
  }

  private takeEvent(fields: Fields): string | undefined {
    const {atMs, event, ...rest} = fields;
    if (this.hasEnded) return 'is after the end';
    const kind = typeof event === 'string' ? event : '';
    const shape = Object.hasOwn(EVENT_SHAPES, kind) ? EVENT_SHAPES[kind] : undefined;
    if (shape === undefined) return unknownWord('event', kind, Object.keys(EVENT_SHAPES));
    const problem = this.timeProblem(atMs) ?? fieldProblem(rest, shape.fields, shape.required);
    if (problem !== undefined) return problem;
    const taken = {...(fields as object), ...plainShards(kind, rest)} as TraceEvent;
    this.lastMs = taken.atMs;
    const contradiction = this.contradiction(taken);
    if (contradiction === undefined) this.events.push(taken);
    return contradiction;
  }

  private timeProblem(atMs: unknown): string | undefined {
    if (typeof atMs !== 'number' || !(atMs >= 0 && atMs <= TRACE_LONGEST_MS))
      return `atMs is not a number from 0 to ${TRACE_LONGEST_MS}`;
    if (atMs < this.lastMs) return `atMs goes back: ${atMs} after ${this.lastMs}`;
    return undefined;
  }

  /** What the event says that cannot be, after those before it; else it is noted. */
  private contradiction(event: TraceEvent): string | undefined {
    const {containers, shards} = this;
    switch (event.event) {
      case 'join':
        if (containers.has(event.container)) return `container ${event.container} is there already`;
        containers.add(event.container);
        return undefined;
      case 'leave':
      case 'loss':
        if (!containers.delete(event.container)) return unknownContainer(event.container);
        this.left.add(event.container);
        return undefined;
      case 'drain':
      case 'cordon':
      case 'uncordon':
      case 'set':
        return containers.has(event.container) ? undefined : unknownContainer(event.container);
      case 'own':
        return this.ownProblem(event);
      case 'add':
        return this.addProblem(event.shards);
      case 'remove':
        return this.removeProblem(event.shards);
      case 'load':
        return unknownShard(Object.keys(event.loads).find((shard) => !shards.has(shard)));
      case 'end':
        this.hasEnded = true;
        return undefined;
    }
  }

  private ownProblem({atMs, container, shards}: TraceEvent & {event: 'own'}): string | undefined {
    if (atMs > 0) return 'own says where shards are when the trace begins: atMs has to be 0';
    if (!this.containers.has(container)) return unknownContainer(container);
    if (this.left.has(container))
      return `container ${container} waits for its id: it owns nothing when the trace begins`;
    for (const shard of shards) {
      if (!this.shards.has(shard)) return unknownShard(shard);
      if (this.owned.has(shard)) return `shard ${shard} has an owner already`;
      this.owned.add(shard);
    }
    return undefined;
  }

  private addProblem(added: readonly TraceShard[]): string | undefined {
    const again = added.find(({id}) => this.shards.has(id) && !this.declared.has(id));
    if (again !== undefined) return `shard ${again.id} is there already`;
    for (const {id} of added) this.shards.add(id);
    return undefined;
  }

  private removeProblem(removed: readonly string[]): string | undefined {
    return unknownShard(removed.find((shard) => !this.shards.delete(shard)));
  }

  private fault(problem: string): void {
    this.faults.push(`${this.name}:${Math.max(1, this.line)}: ${problem}`);
  }
}

const HEADER_FIELDS: Readonly<Record<string, FieldRule>> = {
  format: () => undefined,
  v: () => undefined,
  app: (value) => nameProblem('app', value),
  ttlMs: number(TTL_MIN_MS, TTL_MAX_MS),
  source: text,
};

/** Shards may stand there as ids alone. */
function plainShards(kind: string, {shards}: Fields): {shards?: readonly TraceShard[]} {
  if (kind !== 'add') return {};
  return {
    shards: (shards as (string | TraceShard)[]).map((one) =>
      typeof one === 'string' ? {id: one} : one,
    ),
  };
}

function unknownContainer(container: string): string {
  return `container ${container} is unknown: it has not joined, or is gone`;
}

function unknownShard(shard: string | undefined): string | undefined {
  return shard === undefined ? undefined : `shard ${shard} is unknown: neither declared nor added`;
}

function invalid(faults: readonly string[]): SmError {
  const more = faults.length > FAULTS_NAMED ? ['and more'] : [];
  return new SmError('INVALID_INPUT', [...faults.slice(0, FAULTS_NAMED), ...more].join('\n'), {
    hint: HINT,
  });
}
