/** Keys and values of etcd, through every decoder: a fault throws, believes a newer version, or cannot be written again. */
import {KEYS, RECORDS} from './records.ts';
import {encodeShard, decodeShard} from '../../src/etcd/keys.ts';
import type {ParsedKey} from '../../src/etcd/keys.ts';
import {shardIdProblem} from '../../src/model/ids.ts';
import {formatToken, parseToken} from '../../src/model/token.ts';
import {decodeIdHolder} from '../../src/protocol/container-id.ts';
import {decodeGuardLease, decodePushSession, leaseIdOfHex} from '../../src/protocol/push.ts';
import * as records from '../../src/protocol/records.ts';
import type {Decoded} from '../../src/protocol/records.ts';
import type {Random} from '../simulation/random.ts';
import {inProcess} from './in-process.ts';
import type {Outcome} from './in-process.ts';
import {jsonText, mutatedText} from './mutation.ts';

type Input = {readonly kind: string; readonly key: string; readonly text: string};

const DECODERS: Readonly<Record<string, (text: string) => Decoded<unknown>>> = {
  ownership: records.decodeOwnership,
  heartbeat: records.decodeHeartbeat,
  appSpec: records.decodeAppSpec,
  shardSpec: (text: string) => records.decodeShardSpec(text, 's'),
  containerOrder: records.decodeContainerOrder,
  containerOverride: records.decodeContainerOverride,
  stopPermissions: records.decodeStopPermissions,
  audit: records.decodeAudit,
  leader: records.decodeLeader,
  cluster: records.decodeCluster,
  status: records.decodeAppStatus,
  moves: records.decodeMoveRound,
  events: records.decodeEventRound,
};
const KINDS = Object.keys(RECORDS);
const NAMES = ['s1', 'a/b', 'ä', '%', 'a.b', 'x'.repeat(200)];

export const valuesTarget = inProcess<Input>({
  name: 'values',
  group: 'values',
  weight: 3,
  make: (random) => {
    const kind = random.pick(KINDS);
    const seed = RECORDS[kind];
    if (seed === undefined) throw new Error(kind);
    const key = seed.key('orders', random.pick(NAMES));
    return {
      kind,
      key: random.chance(0.4) ? mutatedText(key, random) : key,
      text: valueText(seed.value, random),
    };
  },
  run: ({kind, key, text}) => {
    const fault = keyFault(key) ?? tokenFault(text);
    if (fault !== undefined) return {kind, fault};
    const decode = DECODERS[kind];
    return decode === undefined ? other(kind, text) : decodedOutcome(kind, decode, text);
  },
});

function valueText(value: unknown, random: Random): string {
  if (typeof value === 'string') return mutatedText(value, random);
  return jsonText(value, random);
}

function decodedOutcome(
  kind: string,
  decode: (text: string) => Decoded<unknown>,
  text: string,
): Outcome {
  const decoded = decode(text);
  if (!decoded.ok) return {kind: decoded.newer ? `${kind} newer` : `${kind} refused`};
  const again = decode(records.encodeRecord(decoded.value as object));
  if (!again.ok) return {kind, fault: `${kind} is not read back: ${again.problem}`};
  const version = (decoded.value as {v?: unknown}).v;
  if (typeof version === 'number' && version > 1)
    return {kind, fault: `${kind} of version ${version} was believed`};
  return {kind: `${kind} read`};
}

/** What has a reading but no form to be written in from it. */
function other(kind: string, text: string): Outcome {
  const session = decodePushSession(text);
  const marker = records.decodeApplyMarker(text);
  const guard = decodeGuardLease(text);
  if (guard !== undefined && !/^[1-9]\d{0,18}$/.test(guard)) return {kind, fault: `guard ${guard}`};
  if (typeof decodeIdHolder(text) !== 'string') return {kind, fault: 'an id without a holder'};
  if (session.kind === 'heartbeat')
    for (const id of session.heartbeat.shards.keys())
      if (shardIdProblem(id) !== undefined) return {kind, fault: `a listed shard ${id}`};
  return {kind: `${kind} ${session.kind}${marker === undefined ? '' : ' marker'}`};
}

/** A key that is taken apart is the one that its parts make. */
function keyFault(key: string): string | undefined {
  const parsed = KEYS.parse(key);
  if (parsed !== undefined && built(parsed) !== key) return `${key} stands for ${built(parsed)}`;
  const segment = key.slice(key.lastIndexOf('/') + 1);
  const shard = decodeShard(segment);
  if (shard !== undefined && encodeShard(shard) !== segment) return `${segment} is ${shard}`;
  if (/^[0-9a-f]{1,16}$/.test(segment)) leaseIdOfHex(segment);
  return undefined;
}

function tokenFault(text: string): string | undefined {
  const token = parseToken(text);
  if (token === undefined || !Number.isSafeInteger(token.epoch + token.revision)) return undefined;
  return formatToken(token) === text ? undefined : `token ${text} is another one`;
}

function built(key: ParsedKey): string {
  switch (key.kind) {
    case 'worker':
      return KEYS.worker(key.app, key.workerGroup, key.container);
    case 'audit':
      return KEYS.audit(key.id);
    case 'moves':
      return KEYS.moves(key.app, key.round);
    case 'events':
      return KEYS.events(key.app, key.round);
    case 'pushSession':
      return KEYS.pushSession(key.app, key.container, key.lease);
    case 'originLeader':
      return KEYS.originLeader(key.lease);
    case 'pushShard':
      return KEYS.pushShard(key.app, key.container, key.shard);
    case 'usage':
      return KEYS.usage();
    case 'leader':
    case 'cluster':
      return RECORDS[key.kind]?.key('', '') ?? '';
    default:
      return RECORDS[key.kind]?.key(key.app, lastName(key)) ?? '';
  }
}

function lastName(key: ParsedKey): string {
  if ('shard' in key) return key.shard;
  if ('incarnation' in key) return key.incarnation;
  return 'container' in key ? key.container : '';
}
