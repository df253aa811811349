/** What happens in `sm dev`, as data: the command line shows it as lines for people or as JSON. */
import type {Breach, Verdict} from './verdict.ts';

export type ChaosAction = 'kill' | 'pause' | 'drain';

export type DevEvent =
  | {
      readonly event: 'listening';
      /** URL of the admin API. */
      readonly server: string;
      /** host:port, speaks etcd's protocol. */
      readonly store: string;
      /** Ports that were to be taken, but were not free. */
      readonly taken: readonly number[];
    }
  /** Every shard has an owner that acts. */
  | {
      readonly event: 'placed';
      readonly shards: number;
      readonly containers: readonly {readonly id: string; readonly pid: number}[];
      /** Since this process began, ms. */
      readonly afterMs: number;
    }
  /** The first shard has an owner that acts. */
  | {readonly event: 'firstPlaced'; readonly shard: string; readonly afterMs: number}
  /** `from` is '' for a new shard. */
  | {
      readonly event: 'moved';
      readonly shards: readonly string[];
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly event: 'containerEnded';
      readonly container: string;
      /** Its own word for why it gave up, else the exit code or the signal. */
      readonly how: string;
      /** Its error in words, and the fix; '' where it has said nothing. */
      readonly why: string;
      /** It will be started again. */
      readonly again: boolean;
    }
  | {
      readonly event: 'chaos';
      readonly action: ChaosAction;
      readonly container: string;
      /** How long a pause lasts, and T of the container that is paused, ms. */
      readonly forMs?: number;
      readonly ttlMs?: number;
    }
  | {readonly event: 'chaosOver'; readonly action: ChaosAction; readonly container: string}
  /** A canary could not remove its shards: nobody serves them once its containers have left. */
  | {
      readonly event: 'shardsStay';
      readonly app: string;
      readonly shards: number;
      readonly why: string;
    }
  | {readonly event: 'twoOwners'; readonly breach: Breach}
  | {readonly event: 'verdict'; readonly verdict: Verdict};

export type Emit = (event: DevEvent) => void;
