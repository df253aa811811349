import {describe, expect, it} from 'vitest';
import {plainRemotes, refusePlainPassword} from '../../src/etcd/plain-password.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';

const login = {username: 'sm', password: 'secret'};

describe('a password', () => {
  it('goes to another machine over TLS alone, unless that is allowed', () => {
    for (const endpoint of [
      'etcd-1:2379',
      'http://10.0.0.1:2379',
      '[2001:db8::1]:2379',
      '127.0.0.1.evil.example:2379',
    ]) {
      const endpoints = ['127.0.0.1:2379', endpoint];
      expect(() => refusePlainPassword({endpoints, ...login})).toThrow(/without TLS/);
      expect(() => refusePlainPassword({endpoints, ...login, plainPassword: true})).not.toThrow();
      expect(() =>
        refusePlainPassword({endpoints, ...login, tls: {ca: Buffer.from('')}}),
      ).not.toThrow();
      expect(() => refusePlainPassword({endpoints})).not.toThrow();
      expect(plainRemotes({endpoints})).toEqual([endpoint]);
    }
    for (const endpoint of ['localhost:2379', '[::1]:2379', '127.0.0.2:1', 'https://etcd-1:2379'])
      expect(() => refusePlainPassword({endpoints: [endpoint], ...login})).not.toThrow();
  });

  it('is refused where connections are opened', () => {
    expect(() => openEtcdStore({endpoints: ['etcd-1:2379'], ...login})).toThrow(/without TLS/);
  });
});
