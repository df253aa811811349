/** What is logged, apart from how: the SDK takes any logger of this shape, and brings none. */

/** Fields first, then the sentence. Fields used: app, shard, container, token. */
export interface Logger {
  /** Details for whoever looks for a fault. */
  debug(fields: object, message: string): void;
  /** What has happened in order. */
  info(fields: object, message: string): void;
  /** What may need somebody; the container goes on. */
  warn(fields: object, message: string): void;
  /** What needs somebody. */
  error(fields: object, message: string): void;
  /** A logger that adds these fields to each line. */
  child(fields: object): Logger;
}

/** A logger whose levels differ only in their name. */
export function loggerOf(
  write: (level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string) => void,
  child: Logger['child'],
): Logger {
  return {
    debug: (fields, message) => write('debug', fields, message),
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
    child,
  };
}

/** Says nothing. */
export const silentLogger: Logger = loggerOf(
  () => undefined,
  () => silentLogger,
);
