/** Everything around one random walk of push containers: leases, daemons, containers, and who was evicted. */
import type {OwnershipRecord} from '../../../../src/model/ownership.ts';
import {decodeOwnership} from '../../../../src/protocol/records.ts';
import {Walk} from '../../../simulation/walk.ts';
import type {PushContainer} from './container.ts';
import type {PushDaemon} from './daemon.ts';
import {LeaseTable} from './leases.ts';

export const APP = 'app';
export const SHARDS = ['s1', 's2', 's3', 's4'] as const;

/** Longest that containers take to add or drop a shard: shorter or longer than heartbeats are apart. */
const HOOKS_MS = [1_500, 8_000] as const;

export class PushWorld extends Walk {
  readonly leases: LeaseTable = new LeaseTable(this);
  readonly daemons: PushDaemon[] = [];
  readonly containers = new Map<string, PushContainer>();
  /** Incarnations that an operator has evicted. */
  readonly evicted = new Set<string>();
  readonly hookMs = this.random.pick(HOOKS_MS);
  /** Revision of the newest claim of the app. */
  claim = 0;

  record(shard: string): OwnershipRecord | undefined {
    const entry = this.server.kv.get(this.keys.ownership(APP, shard));
    const decoded = entry === undefined ? undefined : decodeOwnership(entry.value);
    return decoded?.ok === true ? decoded.value : undefined;
  }
}
