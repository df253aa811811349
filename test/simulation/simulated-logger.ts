/** Logs go into the trace; an error that speaks of a bug is a violation. */
import type {Logger} from '../../src/runtime/logger.ts';
import type {Checker} from './checker.ts';
import type {SimProcess} from './process.ts';

export function simulatedLogger(process: SimProcess, checker: Checker): Logger {
  const tell = (fields: object, message: string): void => {
    if (process.world.trace !== undefined)
      process.world.trace(
        `           ${process.name}: ${message} ${JSON.stringify(fields).slice(0, 300)}`,
      );
  };
  const logger: Logger = {
    debug: tell,
    info: tell,
    warn: tell,
    error: (fields, message) => {
      tell(fields, message);
      if (/bug|invariant/.test(message))
        checker.violated(
          'internal',
          `${process.name}: ${message}: ${JSON.stringify(fields).slice(0, 600)}`,
        );
    },
    child: () => logger,
  };
  return logger;
}
