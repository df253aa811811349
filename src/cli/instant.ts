import {SmError} from '../model/errors.ts';
import {parseDuration} from './base-command.ts';

/** RFC 3339 of a time, or of how long ago. @throws SmError INVALID_INPUT. */
export function instantOf(
  name: string,
  text: string | undefined,
  nowMs: number,
): string | undefined {
  if (text === undefined) return undefined;
  const isTime = /^\d{4}-\d{2}-\d{2}/.test(text);
  const isWhile = /^\d/.test(text);
  const atMs = isTime ? Date.parse(text) : isWhile ? nowMs - parseDuration(text) : Number.NaN;
  if (Number.isFinite(atMs)) return new Date(atMs).toISOString();
  throw new SmError('INVALID_INPUT', `--${name} ${JSON.stringify(text)} is not a time`, {
    hint: 'for example 2026-01-02T03:04:05Z, or how long ago: 30m, 8h',
  });
}
