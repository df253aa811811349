import {pino} from 'pino';
import type {DestinationStream, LevelWithSilent} from 'pino';

/** Fields first, then the sentence. Fields used: app, shard, container, token. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export interface LoggerOptions {
  /** Default info. */
  readonly level?: LevelWithSilent;
  /** JSON lines for machines, or text for people. Default json. */
  readonly format?: 'json' | 'text';
  /** Default stdout. */
  readonly destination?: DestinationStream;
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

export function createLogger(options: LoggerOptions = {}): Logger {
  const target = options.destination ?? process.stdout;
  const destination =
    options.format === 'text' ? {write: (line: string) => target.write(readable(line))} : target;
  return pino(
    {
      level: options.level ?? 'info',
      base: {pid: process.pid},
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {level: (label) => ({level: label})},
    },
    destination,
  );
}

/** One JSON line as a line for people. Values stay JSON, so that control characters in them do no harm. */
function readable(line: string): string {
  const {time, level, msg, pid: _pid, ...fields} = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${JSON.stringify(msg).slice(1, -1)} ${rest.join(' ')}\n`;
}
