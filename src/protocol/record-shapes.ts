/** Whether what was read has the shape that records rely on. Pure. */
import type {UndoStep} from '../model/audit.ts';
import type {StopPermission} from '../model/stop-permission.ts';

import {INSTANT_MOST_MS} from './limits.ts';

/** A JSON object, as parsed. */
export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Unix time in ms, so near to ours that any sum of a few of them has a date. */
export function isInstant(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= INSTANT_MOST_MS;
}

export function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

export function isStopPermission(value: unknown): value is StopPermission {
  if (!isFields(value)) return false;
  const texts = ['container', 'incarnation', 'holder', 'reason', 'at', 'until'];
  return texts.every((name) => typeof value[name] === 'string');
}

export function isUndoStep(value: unknown): value is UndoStep {
  if (!isFields(value)) return false;
  const {key, object, before, wasDeleted} = value;
  const areNamed = typeof key === 'string' && typeof object === 'string';
  return (
    areNamed && (before === null || typeof before === 'string') && typeof wasDeleted === 'boolean'
  );
}
