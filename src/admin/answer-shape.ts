/**
 * By which fields an answer is known as one of sm. Only fields that every version has: a daemon of another version is one of sm, too.
 * The compiler holds the table against the schemas.
 */
import type {AdminAnswer, AdminOperation, StreamOperation} from '../protocol/admin.ts';

type KindOf<Value> = Value extends readonly unknown[]
  ? 'array'
  : Value extends string
    ? 'string'
    : Value extends number
      ? 'number'
      : Value extends boolean
        ? 'boolean'
        : 'object';

type Asked = Exclude<AdminOperation, StreamOperation>;
type Shape<O extends Asked> = {
  readonly [Field in keyof AdminAnswer<O>]?: KindOf<NonNullable<AdminAnswer<O>[Field]>>;
};

const CHANGE = {changed: 'boolean', revision: 'string'} as const;

const shapes: {readonly [O in Asked]: Shape<O>} = {
  addSpec: CHANGE,
  updateSpec: CHANGE,
  setQuota: CHANGE,
  delSpec: CHANGE,
  getSpec: {services: 'array'},
  getApp: {app: 'object', revision: 'string'},
  getApps: {apps: 'array', revision: 'string'},
  detail: {spec: 'object', shardSpec: 'object', aliveContainers: 'array'},
  exportApp: {service: 'string', app: 'object', revision: 'string'},
  beginApply: CHANGE,
  endApply: CHANGE,
  addShard: CHANGE,
  addShards: {...CHANGE, items: 'array'},
  updateShard: CHANGE,
  delShard: CHANGE,
  delShards: {...CHANGE, items: 'array'},
  getShard: {shards: 'array'},
  getShards: {shards: 'array', revision: 'string'},
  locate: {shardId: 'string', owner: 'string', state: 'string', revision: 'string'},
  why: {shard: 'object', rule: 'string', history: 'array'},
  addWorker: CHANGE,
  delWorker: CHANGE,
  getWorker: {workers: 'object'},
  getContainers: {containers: 'array', revision: 'string'},
  cordon: CHANGE,
  drain: CHANGE,
  uncordon: CHANGE,
  setContainer: CHANGE,
  evict: CHANGE,
  canStop: {...CHANGE, allowed: 'boolean', objections: 'array'},
  releaseStop: {...CHANGE, released: 'array'},
  moves: {running: 'array', queued: 'array', finished: 'array', revision: 'string'},
  undo: {...CHANGE, undone: 'object'},
  cancelMoves: {...CHANGE, items: 'array'},
  plan: {moves: 'array', containers: 'array', revision: 'string'},
  events: {events: 'array', revision: 'string'},
  checks: {checks: 'array'},
  status: {service: 'string', health: 'string', apps: 'array', alarms: 'array'},
  acceptRestore: CHANGE,
  waitCheck: {met: 'boolean', missing: 'array', revision: 'string'},
  health: {msg: 'string'},
};

/** Whether the answer has the fields, each of its kind. */
export function hasShapeOf(operation: Asked, answer: object): boolean {
  return Object.entries(shapes[operation]).every(
    ([field, kind]) => kindOf((answer as Record<string, unknown>)[field]) === kind,
  );
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}
