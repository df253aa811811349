/** What is done, and should be known: the first warnings, and how many there are more. */
import {counted} from '../model/counted.ts';
import {ADDED_ROWS_SHOWN} from './limits.ts';

export function warningLines(warnings: readonly string[]): string[] {
  const more = warnings.length - ADDED_ROWS_SHOWN;
  const shown = warnings.slice(0, ADDED_ROWS_SHOWN);
  return more > 0 ? [...shown, `${counted(more, 'more warning')}; -o json shows all`] : shown;
}
