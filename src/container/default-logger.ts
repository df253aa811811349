/** What a container says where the application brings no logger: what went wrong, on stderr. */
import type {Logger} from '../runtime/log-port.ts';

type Write = (line: string) => void;

/**
 * Warnings and errors, one line each: time, level, message, fields as JSON. Nothing below: a library is not to talk about what goes well. `write`
 * default: `console.error`, whose faults (a pipe that nobody reads) end no process.
 */
export function stderrLogger(
  // oxlint-disable-next-line no-console
  write: Write = (line) => console.error(line),
  fields: object = {},
): Logger {
  const at = (level: string) => (more: object, message: string) =>
    write(lineOf(level, message, {...fields, ...more}));
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: at('WARN'),
    error: at('ERROR'),
    child: (more) => stderrLogger(write, {...fields, ...more}),
  };
}

function lineOf(level: string, message: string, fields: object): string {
  const said = Object.entries(fields).map(([name, value]) => `${name}=${jsonOf(value)}`);
  return [new Date().toISOString(), `sm ${level}`, message, ...said].join(' ');
}

/** As JSON, so that control characters do no harm; errors by their text. */
function jsonOf(value: unknown): string {
  const text = JSON.stringify(value instanceof Error ? value.message : value);
  return text ?? String(value);
}
