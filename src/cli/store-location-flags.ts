import {Flags} from '@oclif/core';
import {etcdEndpoints} from './etcd-endpoints.ts';

/** Which store a command works on. */
export const locationFlags = {
  endpoints: Flags.string({
    description: 'etcd endpoints, comma-separated',
    exclusive: ['data-dir', 'config-file'],
  }),
  'data-dir': Flags.string({
    description: 'data directory of sm serve --embedded, which must not run',
    exclusive: ['endpoints', 'config-file'],
  }),
  'config-file': Flags.string({
    char: 'c',
    description: 'configuration of a daemon: its endpoints, etcdPrefix, TLS and user',
    exclusive: ['endpoints', 'data-dir'],
  }),
  'etcd-prefix': Flags.string({description: 'etcdPrefix of the daemons; default /sm'}),
};

interface LocationFlags {
  readonly endpoints?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly 'config-file'?: string | undefined;
  readonly 'etcd-prefix'?: string | undefined;
}

/** The location that the flags name. */
export function locationOf(flags: LocationFlags) {
  return {
    endpoints: flags.endpoints === undefined ? undefined : etcdEndpoints(flags.endpoints),
    dataDir: flags['data-dir'],
    configFile: flags['config-file'],
    prefix: flags['etcd-prefix'],
  };
}
