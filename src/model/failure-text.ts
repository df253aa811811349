/** What a thrown thing says, for records and people: applications throw anything, and records have little room. */
import {FAILURE_TEXT_MAX_CHARACTERS} from './limits.ts';

/** Never throws and never undefined, whatever was thrown. */
export function messageOf(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return typeof message === 'string' ? message : String(error);
  } catch {
    return 'an error without a message';
  }
}

/** As `messageOf`, at most 1,000 characters. */
export function failureText(error: unknown): string {
  return cut(messageOf(error));
}

/** What a hook threw: `error` for the record, `stack` for the log alone, where it says which line of the application it was. */
export interface HookFailure {
  readonly error: string;
  readonly stack?: string;
}

/** Never throws, whatever was thrown. */
export function hookFailure(thrown: unknown): HookFailure {
  const error = failureText(thrown);
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === 'string' ? {error, stack: cut(stack)} : {error};
  } catch {
    return {error};
  }
}

function cut(text: string): string {
  if (text.length <= FAILURE_TEXT_MAX_CHARACTERS) return text;
  return `${text.slice(0, FAILURE_TEXT_MAX_CHARACTERS - 1)}…`;
}
