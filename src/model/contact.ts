/** How a call to a container or a daemon has ended. */
export type Contact =
  | {
      readonly reached: true;
      /** Unix time by the clock of whoever answered, ms; undefined where it does not say. */
      readonly atMs?: number;
    }
  | {readonly reached: false; readonly cause: string; readonly fault?: ContactFault};

/** Why a call failed, where something else than the address is wrong. */
export type ContactFault =
  | 'certificateExpired'
  | 'certificateEarly'
  | 'certificateUntrusted'
  | 'certificateOfOther'
  | 'noTls'
  | 'cut'
  | 'refused';

/** What lets others call a daemon whose address is wrong. */
const ADDRESS_FIX =
  'set advertise to a host:port by which daemons and containers reach that daemon';

/** The way out. */
const FIXES: Readonly<Record<ContactFault, string>> = {
  certificateExpired: 'renew the file that tls.cert names; the daemon reads it again by itself',
  certificateEarly: 'see whether the clocks of both machines are right',
  certificateUntrusted: 'set tls.ca to who signed the certificates of the daemons',
  certificateOfOther: 'use a certificate for the host that advertise names',
  noTls: 'give all daemons tls, or none',
  cut: 'see whether it runs; if it does, give all daemons tls, or none: one with tls cuts calls without it',
  refused: 'give all daemons the same token file (auth.tokenFile)',
};

/** What a daemon that cannot be called by the address that it advertises lacks. */
export function uncalledFix(fault: ContactFault | undefined): string {
  return fault === undefined ? ADDRESS_FIX : FIXES[fault];
}

/** As `uncalledFix`, of another daemon: that one may just have ended. */
export function otherDaemonFix(id: string, fault: ContactFault | undefined): string {
  return fault === undefined
    ? `see whether daemon ${id} runs, and start it again; if it runs, ${ADDRESS_FIX}`
    : `on daemon ${id}: ${FIXES[fault]}`;
}
