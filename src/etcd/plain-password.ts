/** No password goes over a line that anybody on the way can read, unless that is asked for in so many words. */
import {SmError} from '../model/errors.ts';
import type {HiddenText} from '../model/hidden-text.ts';
import {isLoopbackHost} from '../model/loopback.ts';

interface Login {
  /** `host:port` or URLs; https when `tls` is given. */
  readonly endpoints: readonly string[];
  readonly password?: string | HiddenText;
  readonly plainPassword?: boolean;
  readonly tls?: unknown;
}

/** Endpoints of other machines that are spoken to without TLS. */
export function plainRemotes({endpoints, tls}: Pick<Login, 'endpoints' | 'tls'>): string[] {
  if (tls !== undefined) return [];
  return endpoints.filter((endpoint) => {
    if (endpoint.startsWith('https:')) return false;
    return !isLoopbackHost(endpoint.replace(/^http:\/\//, '').replace(/:\d+$/, ''));
  });
}

/** @throws SmError INVALID_CONFIG for a password that would go to another machine without TLS. */
export function refusePlainPassword(options: Login): void {
  const {password, plainPassword} = options;
  if (password === undefined || plainPassword === true) return;
  const [remote] = plainRemotes(options);
  if (remote === undefined) return;
  throw new SmError(
    'INVALID_CONFIG',
    `the password of etcd would be sent to ${remote} without TLS`,
    {
      hint: 'set etcd.tls, or use https endpoints; or allow it with etcd.plainPassword: true',
    },
  );
}
