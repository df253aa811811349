/** Why a port cannot be opened, in words; each such fault is one of the surroundings or the settings, never a bug. */
import {SmError} from './errors.ts';
import type {ErrorCode} from './errors.ts';
import {PRIVILEGED_PORTS} from './limits.ts';

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** What is to be set for the host and for the port, as `host`, `--port`. */
  readonly hostKey: string;
  readonly portKey: string;
  /** Of a fault other than a taken port. Default INVALID_CONFIG. */
  readonly code?: ErrorCode;
}

/** `host:port`, an IPv6 host in brackets. */
export function addressOf(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A host as sockets take it: an IPv6 address without its brackets. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** Addresses that mean all of a machine's: one can listen there, and nobody can call them. */
export function isWildcardHost(host: string): boolean {
  return /^(?:0+(?:\.0+){0,3}|(?:0{0,4}:){2,7}0{0,4}|::ffff:0\.0\.0\.0)$/i.test(bareHost(host));
}

/** The fault of a `listen` as an SmError; any error that the surroundings did not cause is returned unchanged. */
export function listenFault(error: unknown, listening: Listening): unknown {
  const {host, port, hostKey, portKey, code = 'INVALID_CONFIG'} = listening;
  const where = addressOf(host, port);
  const {code: reason = ''} = error as NodeJS.ErrnoException;
  const of = (message: string, hint: string): SmError =>
    new SmError(code, `${message} (${reason})`, {hint, cause: error});
  switch (reason) {
    case 'EADDRINUSE':
      return new SmError('PORT_TAKEN', `port ${port} on ${host} is taken`, {
        hint: `another daemon or program listens on that port: end it if it was left running (ss -ltnp shows its process), or set ${portKey} to another port`,
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return of(
        `this user may not listen on ${where}`,
        port < PRIVILEGED_PORTS
          ? `set ${portKey} to ${PRIVILEGED_PORTS} or more: lower ports are reserved for root`
          : `set ${hostKey} and ${portKey} to what this user may use`,
      );
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return of(
        `no interface of this machine has the address ${host}`,
        `set ${hostKey} to an address of this machine, or to 0.0.0.0 for all of them`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return of(
        `the host name ${host} has no address`,
        `set ${hostKey} to an address of this machine`,
      );
    default:
      return error;
  }
}
