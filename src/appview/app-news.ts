/** One decoder: from stored keys to what they say of an app, or of the cluster. */
import type {ParsedKey} from '../etcd/keys.ts';
import type {LoadSummary} from '../load/summary.ts';
import type {AppChange} from '../model/change.ts';
import {unreadableStatus} from '../model/status.ts';
import type {AppStatus, FinishedMove, LeaderRecord} from '../model/status.ts';
import {
  decodeAppStatus,
  decodeCluster,
  decodeLeader,
  decodeLoadSummary,
  decodeMoveRound,
} from '../protocol/records.ts';
import type {KeyValue} from '../store/port.ts';
import {changeOf} from './app-changes.ts';
import type {ClusterWord} from './listing.ts';

/** What one key says now; undefined values: the key is gone, or cannot be read; a summary that cannot be read is one that says so. */
export type AppNews =
  | {readonly kind: 'change'; readonly app: string; readonly change: AppChange}
  | {readonly kind: 'status'; readonly app: string; readonly status: AppStatus | undefined}
  | {
      readonly kind: 'load';
      readonly app: string;
      readonly part: number;
      readonly summary: LoadSummary | undefined;
    }
  | {
      readonly kind: 'moves';
      readonly app: string;
      readonly round: string;
      readonly moves: readonly FinishedMove[] | undefined;
    };

export type News =
  | AppNews
  | {readonly kind: 'leader'; readonly leader: LeaderRecord | undefined}
  | {readonly kind: 'cluster'; readonly word: ClusterWord | undefined};

export function newsOf(
  parsed: ParsedKey,
  entry: KeyValue | undefined,
  mod: number,
): News | undefined {
  switch (parsed.kind) {
    case 'leader':
      return {kind: 'leader', leader: valueOf(entry, decodeLeader)};
    case 'cluster':
      return {kind: 'cluster', word: valueOf(entry, decodeCluster)};
    case 'audit':
    case 'usage':
      return undefined;
    case 'status':
      return {kind: 'status', app: parsed.app, status: entry && statusOf(entry)};
    case 'load': {
      const {app, part} = parsed;
      return {kind: 'load', app, part, summary: valueOf(entry, decodeLoadSummary)};
    }
    case 'moves': {
      const {app, round} = parsed;
      return {kind: 'moves', app, round, moves: valueOf(entry, decodeMoveRound)};
    }
    default: {
      const change = changeOf(parsed, entry, mod);
      return change === undefined ? undefined : {kind: 'change', app: parsed.app, change};
    }
  }
}

function statusOf({value}: KeyValue): AppStatus {
  const decoded = decodeAppStatus(value);
  return decoded.ok ? decoded.value : unreadableStatus(decoded.problem);
}

export function valueOf<T>(
  entry: KeyValue | undefined,
  decode: (text: string) => {ok: true; value: T} | {ok: false},
): T | undefined {
  if (entry === undefined) return undefined;
  const decoded = decode(entry.value);
  return decoded.ok ? decoded.value : undefined;
}
