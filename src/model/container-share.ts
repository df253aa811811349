/** What a container takes of an app: what it registered with, and what operators say instead. */
import type {Heartbeat} from './container.ts';

/** An operator's word on a container's share; it counts for whatever process has the id, until it is taken back. Unknown fields survive a rewrite. */
export interface ContainerOverride {
  /** Counts instead of the registered one; absent: the registered one counts. */
  weight?: number;
  capacity?: number;
  zone?: string;
  reason: string;
  by: string;
  /** RFC 3339. */
  at: string;
  [unknown: string]: unknown;
}

/** The fields that an override may have. */
export const OVERRIDABLE = ['weight', 'capacity', 'zone'] as const;

/** What counts, every default filled in. */
export interface ContainerShare {
  /** Default 1; 0: no share. */
  readonly weight: number;
  /** Most shards; 0: no limit of its own. */
  readonly capacity: number;
  /** '' for none. */
  readonly zone: string;
  /** Most load by metric. */
  readonly limits: Readonly<Record<string, number>>;
}

export function containerShare(
  registered: Pick<Heartbeat, 'weight' | 'capacity' | 'zone' | 'limits'> | undefined,
  override: ContainerOverride | undefined,
): ContainerShare {
  return {
    weight: override?.weight ?? registered?.weight ?? 1,
    capacity: override?.capacity ?? registered?.capacity ?? 0,
    zone: override?.zone ?? registered?.zone ?? '',
    limits: registered?.limits ?? {},
  };
}
