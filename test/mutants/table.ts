/** Every mutant there is, by the room that it lives in. */
import type {Mutant} from './mutant.ts';
import {HEARTBEAT_MUTANTS} from './table/heartbeat.ts';
import {HOUSEKEEPING_MUTANTS} from './table/housekeeping.ts';
import {LEADERSHIP_MUTANTS} from './table/leadership.ts';
import {TRANSITIONS_MUTANTS} from './table/transitions.ts';
import {STORE_MUTANTS} from './table/store.ts';
import {SHARD_MACHINE_MUTANTS} from './table/shard-machine.ts';
import {LEAVING_MUTANTS} from './table/leaving.ts';
import {SESSION_MUTANTS} from './table/session.ts';
import {CONTAINER_MUTANTS} from './table/container.ts';
import {GOVERNOR_MUTANTS} from './table/governor.ts';
import {DECISIONS_MUTANTS} from './table/decisions.ts';
import {GATE_MUTANTS} from './table/gates.ts';
import {JOINING_MUTANTS} from './table/joining.ts';
import {APPVIEW_MUTANTS} from './table/appview.ts';
import {GOVERNING_MUTANTS} from './table/governing.ts';
import {OPERATOR_EVICTION_MUTANTS} from './table/operator-evictions.ts';
import {PLANNER_MUTANTS} from './table/planner.ts';
import {RESUMING_MUTANTS} from './table/resuming.ts';
import {SECURITY_MUTANTS} from './table/security.ts';
import {SHARING_MUTANTS} from './table/sharing.ts';
import {READER_PLAN_MUTANTS} from './table/reader-plans.ts';
import {WAITING_MUTANTS} from './table/waiting.ts';

export const MUTANTS: readonly Mutant[] = [
  ...HEARTBEAT_MUTANTS,
  ...HOUSEKEEPING_MUTANTS,
  ...LEADERSHIP_MUTANTS,
  ...TRANSITIONS_MUTANTS,
  ...STORE_MUTANTS,
  ...SHARD_MACHINE_MUTANTS,
  ...SESSION_MUTANTS,
  ...LEAVING_MUTANTS,
  ...CONTAINER_MUTANTS,
  ...GOVERNOR_MUTANTS,
  ...DECISIONS_MUTANTS,
  ...JOINING_MUTANTS,
  ...PLANNER_MUTANTS,
  ...APPVIEW_MUTANTS,
  ...GOVERNING_MUTANTS,
  ...OPERATOR_EVICTION_MUTANTS,
  ...READER_PLAN_MUTANTS,
  ...WAITING_MUTANTS,
  ...RESUMING_MUTANTS,
  ...SECURITY_MUTANTS,
  ...SHARING_MUTANTS,
  ...GATE_MUTANTS,
];
