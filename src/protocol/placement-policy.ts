/** Schema of an app's `placement`, as the admin API takes it. */
import * as z from 'zod';
import {nameProblem} from '../model/ids.ts';
import {DRAIN_ORDERS, PLACEMENT_BOUNDS} from '../model/placement-policy.ts';
import type {PlacementPolicy} from '../model/placement-policy.ts';
import {textField} from './admin-fields.ts';
import {LOAD_LIMIT, PRIORITY_LIMIT} from '../model/limits.ts';

const {ratio, seconds, moves, metrics} = PLACEMENT_BOUNDS;

const metricName = textField((name) => nameProblem('metric', name));
const ratioField = z.number().min(1).max(ratio);
const secondsField = z.number().min(0).max(seconds);
const countField = z.int().min(0).max(moves);

const metricFields = {
  name: metricName.meta({
    description: 'Name of the metric, as used by shards when they report or declare load.',
  }),
  upper: ratioField
    .meta({description: 'Moves for load start when a container exceeds its share by this factor.'})
    .optional(),
  lower: ratioField.meta({description: 'Moves for load stop at this ratio.'}).optional(),
};
const movingFields = {
  container: z.int().min(1).max(moves).optional(),
  zone: countField.optional(),
  perMinute: countField.optional(),
};
const plainFields = {
  spreadZones: z.boolean().optional(),
  countSlack: z.number().min(0).max(1).optional(),
  cooldown: secondsField.optional(),
  quietTime: secondsField.optional(),
  slowStart: countField.optional(),
  drainOrder: z.enum(DRAIN_ORDERS).optional(),
  maxUnavailable: countField.optional(),
};

/** What a request may say; each field may be left out. */
export const placementField = z.strictObject({
  metrics: z.array(z.strictObject(metricFields)).max(metrics).optional(),
  ...plainFields,
  moving: z.strictObject(movingFields).optional(),
});

/** What a record may say: fields of a newer sm stay. */
export const storedPlacement = z.looseObject({
  metrics: z.array(z.looseObject(metricFields)).max(metrics).optional(),
  ...plainFields,
  moving: z.looseObject(movingFields).optional(),
});

/** Loads by metric. */
export const loadsField = z.record(metricName, z.number().min(0).max(LOAD_LIMIT));
export const spreadKeyField = textField((key) =>
  key === '' ? undefined : nameProblem('spread key', key),
).meta({description: 'Two shards with the same key are never on one container; "" for none.'});
export const priorityField = z
  .int()
  .min(-PRIORITY_LIMIT)
  .max(PRIORITY_LIMIT)
  .meta({description: 'When capacity is short, shards with a higher priority are placed first.'});

/** JSON has no undefined, only fields that are left out. */
export function policyOf(input: z.output<typeof placementField>): PlacementPolicy {
  return input as PlacementPolicy;
}
