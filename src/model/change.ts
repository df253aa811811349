import type {ContainerOverride} from './container-share.ts';
import type {Heartbeat} from './container.ts';
import type {OwnershipRecord, Versioned} from './ownership.ts';
import type {AppSpec, ContainerOrder, ShardSpec} from './specs.ts';
import type {StopPermissions} from './stop-permission.ts';

/** A value of that kind, as it is now. */
interface Entry<Kind extends string, Value> {
  readonly kind: Kind;
  readonly mod: number;
  readonly entry: Versioned<Value> | undefined;
}

interface OfShard {
  readonly shard: string;
}

interface OfContainer {
  readonly container: string;
}

/** Who holds a container id. */
export interface IdHolder {
  /** '': nobody. */
  readonly incarnation: string;
  readonly mod: number;
  /** Whom an operator has evicted from the id; absent: nobody. */
  readonly evicted?: string;
}

/**
 * One key of an app as it is now, decoded. `entry` undefined: the key is gone. `mod` is the revision of the write or
 * deletion that said so.
 */
export type AppChange =
  | Entry<'spec', AppSpec>
  | (Entry<'shard', ShardSpec> & OfShard)
  | {
      readonly kind: 'worker';
      readonly mod: number;
      readonly workerGroup: string;
      readonly container: string;
      readonly present: boolean;
    }
  | (Entry<'order', ContainerOrder> & OfContainer)
  | (Entry<'override', ContainerOverride> & OfContainer)
  | Entry<'stops', StopPermissions>
  | (Entry<'heartbeat', Heartbeat> & {readonly incarnation: string})
  | {
      readonly kind: 'id';
      readonly mod: number;
      readonly container: string;
      readonly incarnation: string | undefined;
      /** Whom an operator has evicted from the id. */
      readonly evicted?: string;
    }
  | (Entry<'own', OwnershipRecord> & OfShard)
  /** A value that cannot be read or is newer than this code: its shard or container is quarantined, the rest goes on. */
  | {
      readonly kind: 'corrupt';
      readonly mod: number;
      readonly what: 'own' | 'shard' | 'spec' | 'order' | 'override' | 'heartbeat';
      readonly id: string;
      readonly problem: string;
    };

export type CorruptChange = Extract<AppChange, {kind: 'corrupt'}>;
