/** JSON that a terminal shows harmlessly. */
import {visible} from '../model/visible.ts';

/** One line; control characters and bidi marks stand as \uXXXX, which every reader of JSON turns back. */
export function jsonText(value: unknown): string {
  return visible(JSON.stringify(value));
}
