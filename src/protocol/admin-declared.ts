/** Declarative administration: an app's specs as a whole, and the marker under which a file is applied. */
import * as z from 'zod';
import {
  changeFields,
  groupField,
  ofApp,
  optionalContainerField,
  optionalWorkerGroupField,
  revisionField,
  shardIdField,
  taskField,
  workerGroupField,
  writeAnswer,
} from './admin-fields.ts';

import {loadsField, priorityField, spreadKeyField, storedPlacement} from './placement-policy.ts';

/** A shard as it is declared; what is left out is ''. */
export const declaredShard = z.strictObject({
  shardId: shardIdField,
  task: taskField.optional(),
  manualContainerId: optionalContainerField.optional(),
  group: groupField.optional(),
  workerGroup: optionalWorkerGroupField.optional(),
  load: loadsField.optional(),
  spreadKey: spreadKeyField.optional(),
  priority: priorityField.optional(),
});

export const declaredApp = z.strictObject({
  maxShardCount: z.int().min(0),
  maxRecoveryTime: z.int().min(0),
  /** Left out when the default holds. */
  maxMoving: z.int().min(0).optional(),
  /** Left out when the default holds. */
  placement: storedPlacement.optional(),
  paused: z.boolean(),
  /** By id. */
  shards: z.array(declaredShard),
  /** Container ids by worker group. */
  workerGroups: z.record(workerGroupField, z.array(z.string())),
});

export const exportAppAnswer = z.object({
  service: z.string(),
  app: declaredApp,
  /** Highest revision of the app's specs: what `--if-revision` compares. */
  specRevision: revisionField,
  /** Shards of the app that `app` leaves out or has as they once were, as their specs cannot be read. Absent: none. */
  unreadableShards: z.array(z.string()).optional(),
  /** It is being removed. Absent: it is not. */
  deleting: z.boolean().optional(),
  revision: revisionField,
});

const content = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({
    description:
      'SHA-256 of the applied content: an interrupted apply continues with the same content.',
  });

export const beginApplyRequest = z.strictObject({
  ...ofApp,
  content,
  /** Refuse unless the app's highest spec revision is this one. */
  ifRevision: revisionField.optional(),
  ...changeFields,
});

export const beginApplyAnswer = writeAnswer.extend({
  /** The same content was begun before and cut off. */
  resumed: z.boolean(),
});

export const endApplyRequest = z.strictObject({
  ...ofApp,
  content,
  /** false: it was cut off; others may begin, and the same content may go on. */
  done: z.boolean(),
  ...changeFields,
});

export type DeclaredShard = z.output<typeof declaredShard>;
export type DeclaredApp = z.output<typeof declaredApp>;
export type ExportAppAnswer = z.output<typeof exportAppAnswer>;
