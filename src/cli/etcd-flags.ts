/** Flags of commands that run containers: where etcd is. */
import {Flags} from '@oclif/core';
import {etcdEndpoints} from './etcd-endpoints.ts';

export const etcdFlags = {
  endpoints: Flags.string({
    description: 'etcd endpoints, comma-separated',
    env: 'SM_ENDPOINTS',
    default: '127.0.0.1:2379',
  }),
  'etcd-prefix': Flags.string({
    description: 'etcdPrefix of the daemons',
    env: 'SM_ETCD_PREFIX',
    default: '/sm',
  }),
};

/** The two as `joinApp` takes them. */
export function etcdOf(flags: {readonly endpoints: string; readonly 'etcd-prefix': string}): {
  endpoints: string[];
  etcdPrefix: string;
} {
  return {endpoints: etcdEndpoints(flags.endpoints), etcdPrefix: flags['etcd-prefix']};
}
