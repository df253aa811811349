import type {LoadFault} from '../load/load-faults.ts';

/** Who counts what the session of one container does; it reports and asks for nothing. */
export interface SessionMeter {
  /** A heartbeat was answered, or was not: `unknown`. */
  heartbeat(result: 'committed' | 'refused' | 'unknown', ms: number): void;
  /** A hook of the application has settled. */
  hook(hook: 'add' | 'drop', failed: boolean, ms: number): void;
  /** No heartbeat has committed in time: the right to act is over. */
  fenced(): void;
  hinted(): void;
  /** A load that was reported could not be taken as it is. */
  loadFault(fault: LoadFault): void;
}
