/** What stands under a key, read as far as the laws need it: an audit keeps one of these for each living key and nothing for the past. */
import type {ParsedKey} from '../etcd/keys.ts';
import type {Heartbeat, HeartbeatState} from '../model/container.ts';
import type {OwnershipRecord} from '../model/ownership.ts';
import type {ClusterRecord} from '../model/status.ts';
import {decodeIdValue} from '../protocol/container-id.ts';
import type {Decoded} from '../protocol/records.ts';
import {
  decodeCluster,
  decodeHeartbeat,
  decodeLeader,
  decodeOwnership,
} from '../protocol/records.ts';

/** The part of a heartbeat that a law speaks of. */
export interface SeenHeartbeat {
  readonly container: string;
  readonly state: HeartbeatState;
  readonly ttlMs: number;
  readonly nonce: string;
  readonly push: boolean;
}

export type Content =
  | {readonly kind: 'ownership'; readonly record: OwnershipRecord}
  | {readonly kind: 'heartbeat'; readonly heartbeat: SeenHeartbeat}
  | {readonly kind: 'containerId'; readonly incarnation: string}
  | {readonly kind: 'leader'; readonly incarnation: string}
  | {readonly kind: 'cluster'; readonly record: ClusterRecord}
  /** Only that it is there matters. */
  | {readonly kind: 'present'}
  /** Written by a newer version of sm: cannot be checked. */
  | {readonly kind: 'newer'}
  | {readonly kind: 'unreadable'; readonly problem: string};

export interface Stored {
  readonly mod: number;
  readonly content: Content;
}

export function contentOf(kind: ParsedKey['kind'], value: string): Content {
  switch (kind) {
    case 'ownership':
      return from(decodeOwnership(value), (record) => ({kind, record}));
    case 'heartbeat':
      return from(decodeHeartbeat(value), (heartbeat) => ({kind, heartbeat: seen(heartbeat)}));
    case 'containerId': {
      const {incarnation, evicted} = decodeIdValue(value);
      // Nobody holds it: it tells who was evicted.
      return incarnation === '' && evicted !== '' ? {kind: 'present'} : {kind, incarnation};
    }
    case 'leader':
      return from(decodeLeader(value), ({incarnation}) => ({kind, incarnation}));
    case 'cluster':
      return from(decodeCluster(value), (record) => ({kind, record}));
    default:
      return {kind: 'present'};
  }
}

export function recordIn(content: Content | undefined): OwnershipRecord | undefined {
  return content?.kind === 'ownership' ? content.record : undefined;
}

/** For a finding: what stood there, in one line; undefined where nothing did. */
export function shownContent(content: Content | undefined): string | undefined {
  if (content === undefined) return undefined;
  if ('record' in content) return JSON.stringify(content.record);
  if (content.kind === 'heartbeat') return JSON.stringify(content.heartbeat);
  if ('incarnation' in content) return content.incarnation;
  return content.kind === 'unreadable' ? `unreadable: ${content.problem}` : content.kind;
}

function seen({container, state, ttlMs, nonce, sdk}: Heartbeat): SeenHeartbeat {
  return {container, state, ttlMs, nonce, push: sdk === 'push'};
}

function from<T>(decoded: Decoded<T>, make: (value: T) => Content): Content {
  if (decoded.ok) return make(decoded.value);
  return decoded.newer ? {kind: 'newer'} : {kind: 'unreadable', problem: decoded.problem};
}
