/** Flags of commands that run containers: where etcd is, and as which of its users they log in. */
import {Flags} from '@oclif/core';
import {loadConfig} from '../config/index.ts';
import type {ServerConfig} from '../config/index.ts';
import {ETCD_PREFIX_DEFAULT} from '../model/etcd-prefix.ts';
import {given} from '../model/said.ts';
import {etcdEndpoints} from './etcd-endpoints.ts';

const ENDPOINT_DEFAULT = '127.0.0.1:2379';

export const etcdFlags = {
  endpoints: Flags.string({
    description: `etcd endpoints, comma-separated; default: those in the configuration, else ${ENDPOINT_DEFAULT}`,
    env: 'SM_ENDPOINTS',
  }),
  'etcd-prefix': Flags.string({
    description: `etcdPrefix of the daemons; default: that in the configuration, else ${ETCD_PREFIX_DEFAULT}`,
    env: 'SM_ETCD_PREFIX',
  }),
  'config-file': Flags.string({
    char: 'c',
    description: 'configuration of a daemon: its endpoints, etcdPrefix, service, TLS and user',
  }),
  username: Flags.string({
    description: 'etcd user of the containers; default: the user in the configuration',
    dependsOn: ['password-file'],
  }),
  'password-file': Flags.string({
    description: 'file with the password of that user; read again while the command runs',
    dependsOn: ['username'],
  }),
};

interface EtcdFlags {
  readonly endpoints?: string | undefined;
  readonly 'etcd-prefix'?: string | undefined;
  readonly 'config-file'?: string | undefined;
  readonly username?: string | undefined;
  readonly 'password-file'?: string | undefined;
}

/** All of it as `joinApp` takes it; a flag goes before the configuration. @throws SmError INVALID_INPUT, INVALID_CONFIG. */
export function etcdOf(flags: EtcdFlags) {
  const {endpoints, 'etcd-prefix': prefix, 'config-file': file} = flags;
  const config = file === undefined ? undefined : loadConfig(file, {asClient: true});
  const user = given({username: flags.username, passwordFile: flags['password-file']});
  const login = loginOf({...config?.etcd, ...user});
  return {
    endpoints:
      endpoints === undefined
        ? (config?.endpoints ?? [ENDPOINT_DEFAULT])
        : etcdEndpoints(endpoints),
    etcdPrefix: prefix ?? config?.etcdPrefix ?? ETCD_PREFIX_DEFAULT,
    ...given({service: config?.service}),
    ...(Object.keys(login).length === 0 ? {} : {etcd: login}),
  };
}

/** By the paths of the files: the container reads them itself, and again when they change. */
function loginOf({username, passwordFile, plainPassword, tls}: ServerConfig['etcd']) {
  return given({
    ...{username, plainPassword},
    password: fileOf(passwordFile),
    tls: tls && given({ca: fileOf(tls.ca), cert: fileOf(tls.cert), key: fileOf(tls.key)}),
  });
}

function fileOf(path: string | undefined): {readonly file: string} | undefined {
  return path === undefined ? undefined : {file: path};
}
