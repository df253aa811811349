/** The application's logger, as the SDK uses it: what it throws goes no further. */
import {loggerOf} from '../runtime/log-port.ts';
import type {Logger} from '../runtime/log-port.ts';
import {stderrLogger} from './default-logger.ts';

/**
 * One whose output has ended, as that of a worker thread, throws. A line that it does not take must end neither a session nor the process:
 * warnings and errors go to `otherwise` then, by default to stderr.
 */
export function harmlessLogger(logger: Logger, otherwise: Logger = stderrLogger()): Logger {
  return loggerOf(
    (level, fields, message) => {
      const lost = (): void => otherwise[level](fields, message);
      try {
        const written: unknown = logger[level](fields, message);
        if (written instanceof Promise) written.catch(lost);
      } catch {
        lost();
      }
    },
    (fields) => {
      const said = otherwise.child(fields);
      try {
        return harmlessLogger(logger.child(fields), said);
      } catch {
        return said;
      }
    },
  );
}
