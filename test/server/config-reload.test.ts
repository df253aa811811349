/** Quotas of the cluster change while the daemon runs; what takes a restart is named. */
import {expect, it} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';
import type {ClusterQuota} from '../../src/model/quota.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import type {AdjustableLogger} from '../../src/runtime/logger.ts';
import {ConfigReload} from '../../src/server/config-reload.ts';

const LEAST = 'service: s\nport: 1\nendpoints: [127.0.0.1:1]\netcdPrefix: /sm\n';

it('takes quotas over, and names other settings', () => {
  let text = LEAST;
  const warned: unknown[] = [];
  const quotas: ClusterQuota[] = [];
  const logger = {
    ...silentLogger,
    warn: (fields: {settings?: string[]}) => void warned.push(fields.settings),
    setLevel: () => undefined,
  } as unknown as AdjustableLogger;
  const load = () => parseConfig(text, 'f.yml');
  const reload = new ConfigReload(load, load(), logger);
  reload.daemon = {
    reloadCredentials: () => undefined,
    renewEtcd: () => undefined,
    setQuota: (quota) => void quotas.push(quota),
  };
  text = `${LEAST}quota: {apps: 3, callsPerSecond: 7}\n`;
  reload.run();
  expect(quotas.at(-1)).toMatchObject({apps: 3, callsPerSecond: 7, shards: 1_000_000});
  expect(warned).toEqual([]);
  text = `${text}containerNetworks: [10.0.0.0/8]\n`;
  reload.run();
  expect(warned).toEqual([['containerNetworks']]);
  text = 'quota: {apps: 0}';
  const before = quotas.length;
  reload.run();
  expect(quotas).toHaveLength(before);
});

it('gives the daemon what was read again while it started, as while etcd was away', () => {
  let text = LEAST;
  const done: string[] = [];
  const logger = {...silentLogger, setLevel: () => undefined} as unknown as AdjustableLogger;
  const load = () => parseConfig(text, 'f.yml');
  const reload = new ConfigReload(load, load(), logger);
  text = `${LEAST}quota: {apps: 3}\n`;
  reload.run();
  const daemon = {
    reloadCredentials: () => void done.push('credentials'),
    renewEtcd: () => void done.push('etcd'),
    setQuota: ({apps}: ClusterQuota) => void done.push(`${apps} apps`),
  };
  reload.daemon = daemon;
  expect(done).toEqual(['credentials', 'etcd', '3 apps']);
  const calm = new ConfigReload(load, load(), logger);
  calm.daemon = daemon;
  expect(done).toHaveLength(3);
});
