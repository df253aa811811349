import {describe, expect, it} from 'vitest';
import {roleCommands, rolesOf} from '../../src/etcd/roles.ts';

describe('the roles of an sm', () => {
  it('give containers what is theirs, and daemons all apps', () => {
    expect(roleCommands(rolesOf('/sm', 'foo.bar', ['orders']))).toEqual([
      'etcdctl role add sm-daemon',
      'etcdctl role grant-permission sm-daemon --prefix=true readwrite /sm/app/',
      'etcdctl role add sm-viewer',
      'etcdctl role grant-permission sm-viewer --prefix=true read /sm/app/',
      'etcdctl role add sm-app-orders',
      'etcdctl role grant-permission sm-app-orders --prefix=true readwrite /sm/app/orders/',
      'etcdctl role grant-permission sm-app-orders --prefix=true read /sm/app/foo.bar/service/orders/',
      'etcdctl role grant-permission sm-app-orders read /sm/app/foo.bar/cluster',
      'etcdctl role grant-permission sm-app-orders read /sm/app/foo.bar/usage',
    ]);
  });

  it('of two prefixes in one etcd have names of their own', () => {
    const names = ['/sm', '/prod/sm/'].map((prefix) => rolesOf(prefix, 's', [])[0]?.name);
    expect(names).toEqual(['sm-daemon', 'prod-sm-daemon']);
  });
});
