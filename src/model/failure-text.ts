/** What a thrown thing says, for records and people: applications throw anything, and records have little room. */
import {FAILURE_TEXT_MAX_CHARACTERS} from './limits.ts';

/** Text of `error`, at most 1,000 characters; never throws and never undefined, whatever was thrown. */
export function failureText(error: unknown): string {
  const text = said(error);
  if (text.length <= FAILURE_TEXT_MAX_CHARACTERS) return text;
  return `${text.slice(0, FAILURE_TEXT_MAX_CHARACTERS - 1)}…`;
}

function said(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return typeof message === 'string' ? message : String(error);
  } catch {
    return 'an error without a message';
  }
}
