export {CLOCK_APART_WARN_MS} from './limits.ts';
/** How a call to a container or a daemon has ended. */
export type Contact =
  | {
      readonly reached: true;
      /** Unix time by the clock of whoever answered, ms; undefined where it does not say. */
      readonly atMs?: number;
    }
  | {readonly reached: false; readonly cause: string};

/** What lets others call a daemon whose address is wrong. */
const ADDRESS_FIX =
  'set advertise to a host:port by which daemons and containers reach that daemon';

/** The way out by what a call failed with: texts of `causeOf`. */
const FIX_BY_CAUSE: readonly (readonly [cause: RegExp, fix: string])[] = [
  [/certificate has expired/, 'renew the file that tls.cert names, then send SIGHUP'],
  [/certificate is not valid yet/, 'see whether the clocks of both machines are right'],
  [/certificate is not signed/, 'set tls.ca to who signed the certificates of the daemons'],
  [/certificate is for another name/, 'use a certificate for the host that advertise names'],
  [/the tokens differ/, 'give all daemons the same token file (auth.tokenFile)'],
];

/** What a daemon that cannot be called by the address that it advertises lacks. */
export function uncalledFix(cause: string): string {
  return FIX_BY_CAUSE.find(([pattern]) => pattern.test(cause))?.[1] ?? ADDRESS_FIX;
}

/** As `uncalledFix`, of another daemon: that one may just have ended. */
export function otherDaemonFix(id: string, cause: string): string {
  const fix = uncalledFix(cause);
  return fix === ADDRESS_FIX
    ? `see whether daemon ${id} runs, and start it again; if it runs, ${ADDRESS_FIX}`
    : `on daemon ${id}: ${fix}`;
}
