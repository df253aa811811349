/** `sm serve --embedded --data-dir` as processes: what a restart keeps, and which data directories it refuses. */
import {readFileSync, statSync, writeFileSync} from 'node:fs';
import {once} from 'node:events';
import {connect} from 'node:net';
import type {Socket} from 'node:net';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {Container} from '../../src/container/index.ts';
import {OwnershipLog} from '../support/ownership-log.ts';
import {Site, withFolder} from '../support/site.ts';
import {LONG_MS, until} from '../support/until.ts';

/** T of the container, the longest there is: a restart is over before, on the busiest machine too. */
const LONG_TTL_MS = 60_000;
const SHARDS = ['s0', 's1', 's2', 's3'];

async function withSite(work: (site: Site, dataDir: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const site = await Site.of({dataDir});
    try {
      await work(site, dataDir);
    } finally {
      await site.close();
    }
  });
}

/** Exit code and output of a second daemon on the same directory. */
async function refused(dataDir: string): Promise<{exit: number | null; output: string}> {
  const other = await Site.of({dataDir});
  const daemon = other.launch();
  const exit = await daemon.exited();
  other.admin.close();
  return {exit, output: daemon.output};
}

describe.concurrent('a daemon with its store inside', () => {
  it.each([
    ['SIGTERM', 0],
    ['SIGKILL', null],
  ] as const)('is the same after %s, and a container goes on meanwhile', (signal, code) =>
    withSite(async (site, dataDir) => {
      const log = new OwnershipLog();
      const daemon = await site.start();
      expect(daemon.lines).toContainEqual(
        expect.objectContaining({msg: 'ready', store: site.endpoint, dataDir}),
      );
      // Made at the first start; the container below finds it by itself.
      expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
      expect(daemon.output).not.toContain('asks nobody');
      await site.createApp('orders', SHARDS);
      const container = await site.join('orders', 'c1', log, LONG_TTL_MS);
      try {
        const before = await site.settled('orders', 'c1');
        const {app} = await site.admin.call('getApp', {service: 'orders'});
        const {shards} = await site.admin.call('getShards', {service: 'orders'});

        expect(await site.end(signal)).toBe(code);
        expect(SHARDS.map((shard) => log.ownerOf(shard))).toEqual(SHARDS.map(() => 'c1'));
        await site.start();
        expect(await site.settled('orders', 'c1')).toEqual(before);
        const after = await site.admin.call('getShards', {service: 'orders'});
        expect(after.shards).toEqual(shards);
        const {maxShardCount, maxRecoveryTime} = app;
        const again = await site.admin.call('getApp', {service: 'orders'});
        expect(again.app).toMatchObject({maxShardCount, maxRecoveryTime});

        await site.addShards('orders', ['later']);
        const newest = await site.settled('orders', 'c1');
        const tokens = [...before.values()].sort();
        expect((newest.get('later') ?? '') > (tokens.at(-1) ?? '')).toBe(true);
        newest.delete('later');
        expect(newest).toEqual(before);
        const drops = log.entries.filter(({event}) => event === 'drop');
        expect(drops).toEqual([]);
        expect(log.count('add')).toBe(SHARDS.length + 1);
        expect(log.violations).toEqual([]);
      } finally {
        await container.abandon();
        log.close();
      }
    }),
  );

  it('does not share its data directory, and says who has it; and knows the quota of its store', () =>
    withSite(async (site, dataDir) => {
      const {pid} = await site.start();
      const {exit, output} = await refused(dataDir);
      expect({exit, output}).toEqual({exit: 4, output: expect.any(String)});
      expect(output).toContain(`${dataDir}: this data directory is in use by process ${pid}`);
      expect(output).toContain(`stop process ${pid}, or give another data directory`);
      // The one that has it was not disturbed.
      await site.createApp('orders', SHARDS);
      const {checks} = await site.admin.call('checks', {});
      const quota = checks.find(({name}) => name === 'etcd quota');
      expect(quota?.text).toMatch(/^\d+ MiB of \d+ MiB used \(\d+ %\)$/);
      await site.end('SIGTERM');
    }));

  it('leaves a data directory of a newer version alone', () =>
    withSite(async (site, dataDir) => {
      await site.start();
      await site.end('SIGTERM');
      const file = join(dataDir, 'store.json');
      const format = JSON.parse(readFileSync(file, 'utf8')) as {format: number};
      const newer = JSON.stringify({...format, format: format.format + 1});
      writeFileSync(file, newer);
      const {exit, output} = await refused(dataDir);
      expect({exit, output}).toEqual({exit: 2, output: expect.any(String)});
      expect(output).toContain('written by a newer version (format 2, this version reads 1)');
      expect(output).toContain('start the version that wrote it');
      expect(readFileSync(file, 'utf8')).toBe(newer);
    }));

  it('shuts nobody out for connections that are only kept open, with 1,024 descriptors', () =>
    withSite(async (site) => {
      await site.start(1_024);
      await site.createApp('orders', ['s0']);
      const crowd = await idleSockets(site.endpoint, 1_100);
      const log = new OwnershipLog();
      try {
        const {app} = await site.admin.call('getApp', {service: 'orders'});
        expect(app.service).toBe('orders');
        // Places of the crowd are given to others once it has been idle for a second: a first call may come before.
        let container: Container | undefined;
        const joined = async (): Promise<boolean> => {
          container = await site.join('orders', 'c1', log, LONG_TTL_MS).catch(() => undefined);
          return container !== undefined;
        };
        await until(joined, LONG_MS, 'the container joins');
        await site.settled('orders', 'c1');
        await container?.abandon();
      } finally {
        for (const socket of crowd) socket.destroy();
        log.close();
      }
    }));
});

/** Connections that say nothing; those that are refused or cut off stay so. */
async function idleSockets(endpoint: string, count: number): Promise<Socket[]> {
  const [host = '', port = ''] = endpoint.split(':');
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at += 1) {
    const socket = connect(Number(port), host);
    socket.on('error', () => undefined);
    sockets.push(socket);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  }
  return sockets;
}
