import {pino} from 'pino';
import type {DestinationStream, Logger as PinoLogger} from 'pino';
import {loggerOf} from './log-port.ts';
import type {Logger} from './log-port.ts';

export {silentLogger} from './log-port.ts';
export type {Logger} from './log-port.ts';

/** A logger whose level may change while it runs, that of its children with it. */
export interface AdjustableLogger extends Logger {
  setLevel(level: LogLevel): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  /** Default info. */
  readonly level?: LogLevel;
  /** JSON lines for machines, or text for people. Default json. */
  readonly format?: 'json' | 'text';
  /** Default stdout. */
  readonly destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions = {}): AdjustableLogger {
  const target = options.destination ?? process.stdout;
  const destination =
    options.format === 'text' ? {write: (line: string) => target.write(readable(line))} : target;
  const lines = pino(
    {
      level: 'debug',
      base: {pid: process.pid},
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {level: (label) => ({level: label}), log: withoutOwnNames},
    },
    destination,
  );
  const gate: Gate = {least: RANKS[options.level ?? 'info']};
  return Object.assign(gated(lines, gate), {
    setLevel: (level: LogLevel) => void (gate.least = RANKS[level]),
  });
}

const RANKS: Readonly<Record<LogLevel, number>> = {debug: 0, info: 1, warn: 2, error: 3};

type Fields = ReadonlyMap<string, unknown>;

/** Shared by a logger and all its children: pino's own children keep the level that they were made with. */
interface Gate {
  least: number;
}

/** `bound`: fields that each line has. */
function gated(lines: PinoLogger, gate: Gate, bound: Fields = new Map()): Logger {
  return loggerOf(
    (level, fields, message) => {
      if (RANKS[level] >= gate.least) lines[level](besides(bound, fields), message);
    },
    (fields) => {
      const added = besides(bound, fields);
      return gated(lines.child(added), gate, new Map([...bound, ...Object.entries(added)]));
    },
  );
}

/** The fields without those that each line has already: twice in a line, one of the two would be lost. */
function besides(known: Fields, fields: object): object {
  if (!Object.keys(fields).some((name) => known.has(name))) return fields;
  const others = Object.entries(fields).filter(
    ([name, value]) => !known.has(name) || known.get(name) !== value,
  );
  return Object.fromEntries(
    others.map(([name, value]) => [known.has(name) ? `${name}_` : name, value]),
  );
}

/** Names that every line has already: twice in a line, one of the two would be lost. */
const OWN_NAMES = new Set(['level', 'time', 'pid', 'msg']);

function withoutOwnNames(fields: Record<string, unknown>): Record<string, unknown> {
  if (!Object.keys(fields).some((name) => OWN_NAMES.has(name))) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [OWN_NAMES.has(name) ? `${name}_` : name, value]),
  );
}

/** One JSON line as a line for people. Values stay JSON, so that control characters in them do no harm. */
function readable(line: string): string {
  const {time, level, msg, pid: _pid, ...fields} = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${JSON.stringify(msg).slice(1, -1)} ${rest.join(' ')}\n`;
}
