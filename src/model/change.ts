import type {ContainerOverride} from './container-share.ts';
import type {Heartbeat} from './container.ts';
import type {OwnershipRecord, Versioned} from './ownership.ts';
import type {AppSpec, ContainerOrder, ShardSpec} from './specs.ts';
import type {StopPermissions} from './stop-permission.ts';

/**
 * One key of an app as it is now, decoded. `entry` undefined: the key is gone. `mod` is the revision of the write or
 * deletion that said so.
 */
export type AppChange =
  | {readonly kind: 'spec'; readonly mod: number; readonly entry: Versioned<AppSpec> | undefined}
  | {
      readonly kind: 'shard';
      readonly mod: number;
      readonly shard: string;
      readonly entry: Versioned<ShardSpec> | undefined;
    }
  | {
      readonly kind: 'worker';
      readonly mod: number;
      readonly workerGroup: string;
      readonly container: string;
      readonly present: boolean;
    }
  | {
      readonly kind: 'order';
      readonly mod: number;
      readonly container: string;
      readonly entry: Versioned<ContainerOrder> | undefined;
    }
  | {
      readonly kind: 'override';
      readonly mod: number;
      readonly container: string;
      readonly entry: Versioned<ContainerOverride> | undefined;
    }
  | {
      readonly kind: 'stops';
      readonly mod: number;
      readonly entry: Versioned<StopPermissions> | undefined;
    }
  | {
      readonly kind: 'heartbeat';
      readonly mod: number;
      readonly incarnation: string;
      readonly entry: Versioned<Heartbeat> | undefined;
    }
  | {
      readonly kind: 'id';
      readonly mod: number;
      readonly container: string;
      readonly incarnation: string | undefined;
    }
  | {
      readonly kind: 'own';
      readonly mod: number;
      readonly shard: string;
      readonly entry: Versioned<OwnershipRecord> | undefined;
    }
  /** A value that cannot be read or is newer than this code: its shard or container is quarantined, the rest goes on. */
  | {
      readonly kind: 'corrupt';
      readonly mod: number;
      readonly what: 'own' | 'shard' | 'spec' | 'order' | 'override' | 'heartbeat';
      readonly id: string;
      readonly problem: string;
    };

export type CorruptChange = Extract<AppChange, {kind: 'corrupt'}>;
