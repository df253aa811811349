export {CLOCK_APART_WARN_MS} from './limits.ts';
/** How a call to a container or a daemon has ended. */
export type Contact =
  | {
      readonly reached: true;
      /** Unix time by the clock of whoever answered, ms; undefined where it does not say. */
      readonly atMs?: number;
    }
  | {readonly reached: false; readonly cause: string};

/** What lets others call a daemon. */
export const UNCALLED_FIX =
  'set advertise to a host:port by which daemons and containers reach that daemon, and tls.ca to who signed its certificate; an expired certificate: renew it, then SIGHUP';
