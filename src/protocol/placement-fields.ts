/**
 * What records say of placement, as read: a known field of a wrong type or out of its bounds is left out, so that its default counts; unknown
 * fields stay. Written by hand, as all that reads records.
 */
import type {Fields} from '../model/fields.ts';
import {isFields} from '../model/fields.ts';
import {storedPlacement} from './placement-policy.ts';
import {LOAD_LIMIT, PRIORITY_LIMIT, WEIGHT_LIMIT} from '../model/limits.ts';

/** `weight`, `capacity` and `limits` of a heartbeat or of an operator's order for a container. */
export function keepContainerShare(fields: Fields): void {
  keepIf(fields, 'weight', (value) => isBetween(value, 0, WEIGHT_LIMIT));
  keepIf(fields, 'capacity', (value) => Number.isSafeInteger(value) && Number(value) >= 0);
  keepLoads(fields, 'limits');
}

/** `load`, `spreadKey` and `priority` of a shard. */
export function keepShardTerms(fields: Fields): void {
  keepLoads(fields, 'load');
  keepIf(fields, 'spreadKey', (value) => typeof value === 'string');
  keepIf(
    fields,
    'priority',
    (value) => Number.isSafeInteger(value) && isBetween(value, -PRIORITY_LIMIT, PRIORITY_LIMIT),
  );
}

/** `placement` of an app: field by field, so that one that cannot be read spoils no other. */
export function keepPlacement(fields: Fields): void {
  const policy = fields['placement'];
  if (policy === undefined) return;
  if (!isFields(policy)) return void delete fields['placement'];
  const {shape} = storedPlacement;
  for (const [name, schema] of Object.entries(shape))
    if (!schema.safeParse(policy[name]).success) delete policy[name];
}

function keepIf(fields: Fields, name: string, isGood: (value: unknown) => boolean): void {
  if (fields[name] !== undefined && !isGood(fields[name])) delete fields[name];
}

function keepLoads(fields: Fields, name: string): void {
  const loads = fields[name];
  if (loads === undefined) return;
  if (!isFields(loads)) return void delete fields[name];
  for (const metric of Object.keys(loads))
    if (!isBetween(loads[metric], 0, LOAD_LIMIT)) delete loads[metric];
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}
