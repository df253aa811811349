/** JSON that somebody else may have written. */
import {parseJson} from './records.ts';

/** As `parseJson`; undefined where the text is not JSON. */
export function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
