/** Which pages of docs/alarms to read. Pure. */
import {ALARM_CODES, alarmPage} from '../model/alarm.ts';

/** A line for each alarm code that the texts name, once, as `STUCK: see ...`. */
export function alarmPageLines(texts: readonly string[]): string[] {
  const words = new Set(texts.flatMap((text) => text.split(/[^A-Z_]+/)));
  return ALARM_CODES.filter((code) => words.has(code)).map(
    (code) => `${code}: see ${alarmPage(code)}`,
  );
}
