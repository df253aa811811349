/** Whether what was read has the shape that records rely on. Pure. */
import type {UndoStep} from '../model/audit.ts';
import {isFields} from '../model/fields.ts';
import type {Fields} from '../model/fields.ts';
import {MOVE_BUDGETS} from '../model/move-wait.ts';
import type {MoveWait} from '../model/move-wait.ts';
import type {StopPermission} from '../model/stop-permission.ts';

import {INSTANT_MOST_MS} from './limits.ts';

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Unix time in ms, so near to ours that any sum of a few of them has a date. */
export function isInstant(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= INSTANT_MOST_MS;
}

/** All of them are text. */
export function haveTexts(fields: Fields, names: readonly string[]): boolean {
  return names.every((name) => typeof fields[name] === 'string');
}

export function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

/** What moves wait for: of budgets that this code does not know it has no words. */
export function keepWaits(fields: Fields): void {
  const {waits} = fields;
  const known = Array.isArray(waits) ? waits.filter(isMoveWait) : [];
  if (known.length === 0) delete fields['waits'];
  else fields['waits'] = known;
}

function isMoveWait(value: unknown): value is MoveWait {
  if (!isFields(value)) return false;
  const {budget, of, used, limit} = value;
  if (!(MOVE_BUDGETS as readonly unknown[]).includes(budget)) return false;
  return typeof of === 'string' && typeof used === 'number' && typeof limit === 'number';
}

export function isStopPermission(value: unknown): value is StopPermission {
  const texts = ['container', 'incarnation', 'holder', 'reason', 'at', 'until'];
  return isFields(value) && haveTexts(value, texts);
}

/** Texts that each item of a summary's lists has. */
const SUMMARY_ITEMS = {
  unplaced: ['shard', 'reason'],
  failed: ['shard', 'lastError'],
  quarantined: ['key', 'problem'],
  alarms: ['code', 'text', 'since'],
  containers: ['state', 'since', 'incarnation', 'note'],
} as const;

/**
 * What is wrong with a list of an app's summary; a list that is missing becomes an empty one. An item that is left out would be trouble that
 * nobody sees.
 */
export function summaryListsProblem(fields: Fields): string | undefined {
  for (const [name, texts] of Object.entries(SUMMARY_ITEMS)) {
    fields[name] ??= name === 'containers' ? {} : [];
    const list = fields[name];
    const items = name !== 'containers' ? list : isFields(list) ? Object.values(list) : undefined;
    if (!isListOf(items, (one) => isFields(one) && haveTexts(one, texts)))
      return `${name} holds what cannot be read`;
  }
  return undefined;
}

export function isUndoStep(value: unknown): value is UndoStep {
  if (!isFields(value)) return false;
  const {before, wasDeleted} = value;
  const isText = before === null || typeof before === 'string';
  return haveTexts(value, ['key', 'object']) && isText && typeof wasDeleted === 'boolean';
}

/** Of the cluster record: when a restore was noticed, and the last one that was accepted. What cannot be read is left out. */
export function keepRestore(fields: Fields): void {
  if (!isInstant(fields['restoredAtMs'])) delete fields['restoredAtMs'];
  const {accepted} = fields;
  const isReadable =
    isFields(accepted) && isCount(accepted['revision']) && isInstant(accepted['sinceMs']);
  if (!isReadable) delete fields['accepted'];
}
