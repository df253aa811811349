/** Whether containers may be stopped, and the permissions to do so. */
import * as z from 'zod';
import {changeFields, containerField, ofApp, reasonField, writeAnswer} from './admin-fields.ts';
import {LASTING_MIN_MS, STOP_CONTAINERS_LIMIT, UNSERVED_LIMIT} from './limits.ts';
import {PERMISSION_LEASE_DEFAULT_MS, PERMISSION_LEASE_LIMIT_MS} from '../model/limits.ts';
import {STOP_RULES} from '../model/stop-permission.ts';

/** Free text that names a deploy, a host or a person; the server puts the caller in when it is absent. */
const holderField = reasonField.min(1).optional();

export const stopPermissionView = z.object({
  container: z.string(),
  /** The process that was running; '' when none was. */
  incarnation: z.string(),
  holder: z.string(),
  reason: z.string(),
  /** RFC 3339. */
  at: z.string(),
  /** RFC 3339: when the lease ends. */
  until: z.string(),
});

export const canStopRequest = z.strictObject({
  ...ofApp,
  /** Ids of the containers that are to be stopped. */
  containers: z.array(containerField).min(1).max(STOP_CONTAINERS_LIMIT),
  /** Who stops them. Asking again with the same name renews the lease. */
  holder: holderField,
  /** How long the permission lasts unless it is renewed or released, ms. */
  leaseMs: z
    .int()
    .min(LASTING_MIN_MS)
    .max(PERMISSION_LEASE_LIMIT_MS)
    .default(PERMISSION_LEASE_DEFAULT_MS),
  /** Shards that may be without service, or find no place, all the same. */
  maxUnserved: z.int().min(0).max(UNSERVED_LIMIT).default(0),
  ...changeFields,
});

export const canStopAnswer = writeAnswer.extend({
  /** All of them, or none. */
  allowed: z.boolean(),
  /** Why not: every rule that is against it, with what it counts; empty for a yes. */
  objections: z.array(
    z.object({
      rule: z.enum(STOP_RULES),
      text: z.string(),
      count: z.int(),
      limit: z.int(),
      /** Containers or shards; the first ten. */
      objects: z.array(z.string()),
    }),
  ),
  /** The caller's, one for each container that was asked for; empty for a no, and with dryRun. */
  permissions: z.array(stopPermissionView),
  /** Containers that are away, or may be taken away by others, before this answer. */
  unavailable: z.array(z.object({container: z.string(), why: z.string()})),
  /** How many may be at once. */
  maxUnavailable: z.int(),
});

export const releaseStopRequest = z.strictObject({
  ...ofApp,
  /** None: all of the holder's. */
  containers: z.array(containerField).max(STOP_CONTAINERS_LIMIT).default([]),
  /** Who was permitted to stop them. */
  holder: holderField,
  ...changeFields,
});

export const releaseStopAnswer = writeAnswer.extend({
  /** What was given back. */
  released: z.array(stopPermissionView),
});

export type CanStopAnswer = z.output<typeof canStopAnswer>;
