/** `sm store export` and `sm store import` between data directories and a real etcd, with daemons and containers before and after. */
import {statSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {Keys} from '../../src/etcd/keys.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {CuttingProxy} from '../etcd/cutting-proxy.ts';
import {CommandProcess, shell, sm} from '../support/command.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {LEAST_RIGHTS, noteRoot} from '../support/least-rights.ts';
import {OwnershipLog} from '../support/ownership-log.ts';
import {Site, withFolder} from '../support/site.ts';
import {LONG_MS, until} from '../support/until.ts';

const TTL_MS = 3_000;
const SHARDS = ['s0', 's1', 's2'];
/** Of each reply to an import that is to be cut short: its steps are that far apart. */
const REPLY_DELAY_MS = 1_500;
let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd({kind: 'etcd'});
});
afterAll(() => etcd.stop());

/** What one site leaves behind: an app whose container and daemon went without a word. */
async function live(site: Site, container: string, log: OwnershipLog): Promise<string[]> {
  const joined = await site.join('orders', container, log, TTL_MS);
  const tokens = await site.settled('orders', container);
  await joined.abandon();
  expect([...tokens.keys()].sort()).toEqual(SHARDS);
  return [...tokens.values()].sort();
}

function newer(tokens: readonly string[], before: readonly string[]): boolean {
  return (tokens[0] ?? '') > (before.at(-1) ?? '');
}

async function cluster(prefix: string): Promise<Record<string, unknown> | undefined> {
  const store = openEtcdStore({endpoints: etcd.endpoints});
  try {
    const {entry} = await store.get(new Keys(prefix, 'sm.test').cluster());
    return entry && (JSON.parse(entry.value) as Record<string, unknown>);
  } finally {
    await store.close();
  }
}

describe.concurrent('moving to another store', () => {
  it('from a data directory to etcd and back: the app goes along and tokens go on growing', () =>
    withFolder(async (folder) => {
      const prefix = '/sm-there';
      const dataDir = join(folder, 'first');
      const log = new OwnershipLog();
      const first = await Site.of({dataDir}, prefix);
      const second = await Site.of({etcd}, prefix);
      const third = await Site.of({dataDir: join(folder, 'third')}, prefix);
      const there = `--endpoints ${etcd.endpoint} --etcd-prefix ${prefix}`;
      try {
        await first.start();
        await first.createApp('orders', SHARDS);
        const tokens = [await live(first, 'c1', log)];
        expect(await first.end('SIGTERM')).toBe(0);

        const exportedMs = Date.now();
        const move = await shell(
          `sm store export --data-dir ${dataDir} --etcd-prefix ${prefix} | sm store import ${there}`,
        );
        expect(move.exit, move.stderr).toBe(0);
        const [, epoch] = /tokens of sm.test have epoch (\d+) from now on/.exec(move.stdout) ?? [];
        // The same export may have been imported before.
        expect(Number(epoch)).toBeGreaterThanOrEqual(exportedMs);
        expect(Number(epoch)).toBeLessThanOrEqual(Date.now());
        const twice = await shell(
          `sm store export --data-dir ${dataDir} --etcd-prefix ${prefix} | sm store import ${there} -o json`,
        );
        expect(twice.exit, twice.stderr).toBe(4);
        expect(JSON.parse(twice.stdout)).toMatchObject({error: {code: 'CONFLICT'}});

        await second.start();
        tokens.push(await live(second, 'c2', log));
        expect(await second.end('SIGTERM')).toBe(0);
        const file = join(folder, 'sm.jsonl');
        const back = await shell(
          `sm store export ${there} -f ${file} && sm store import -f ${file} --data-dir ${folder}/third`,
        );
        expect(back.exit, back.stderr).toBe(0);
        expect(statSync(file).mode & 0o077).toBe(0);

        await third.start();
        tokens.push(await live(third, 'c3', log));
        const {shards} = await third.admin.call('getShards', {service: 'orders'});
        expect(shards.map(({task}) => task).sort()).toEqual(SHARDS.map((id) => `task of ${id}`));
        const [atFirst = [], atSecond = [], atThird = []] = tokens;
        expect(newer(atSecond, atFirst) && newer(atThird, atSecond), String(tokens)).toBe(true);
        expect(log.violations).toEqual([]);
      } finally {
        log.close();
        await Promise.all([first, second, third].map((site) => site.close()));
      }
    }));

  it('is refused while containers live and while the daemon has the directory', () =>
    withFolder(async (folder) => {
      const dataDir = join(folder, 'data');
      const site = await Site.of({dataDir});
      const log = new OwnershipLog();
      try {
        await site.start();
        await site.createApp('orders', SHARDS);
        const container = await site.join('orders', 'c1', log, TTL_MS);
        await site.settled('orders', 'c1');
        const [alive, inUse] = await Promise.all([
          sm('store', 'export', '--endpoints', site.endpoint),
          sm('store', 'export', '--data-dir', dataDir),
        ]);
        expect(alive.exit, alive.stderr).toBe(10);
        expect(alive.stderr).toContain('containers or daemons are alive in');
        expect(alive.stderr).toContain('stop daemons and containers first');
        expect(alive.stdout).toBe('');
        expect(inUse.exit, inUse.stderr).toBe(4);
        expect(inUse.stderr).toContain(`in use by process ${site.daemon?.pid}`);
        await container.abandon();
      } finally {
        log.close();
        await site.close();
      }
    }));
});

describe.concurrent('an import', () => {
  it('cut short leaves a prefix where no daemon starts, until --force repeats it', () =>
    withFolder(async (folder) => {
      const prefix = '/sm-cut';
      const dataDir = join(folder, 'data');
      const file = join(folder, 'sm.jsonl');
      const log = new OwnershipLog();
      const source = await Site.of({dataDir}, prefix);
      const target = await Site.of({etcd}, prefix);
      const proxy = await CuttingProxy.start(etcd.endpoint);
      if (LEAST_RIGHTS) noteRoot({endpoints: [proxy.endpoint]}, folder);
      try {
        await source.start();
        await source.createApp('orders', SHARDS);
        await source.end('SIGTERM');
        const out = ['--data-dir', dataDir, '--etcd-prefix', prefix, '-f', file];
        const exported = await sm('store', 'export', ...out);
        expect(exported.exit, exported.stderr).toBe(0);

        proxy.delayMs = REPLY_DELAY_MS;
        const cut = new CommandProcess(
          'store',
          'import',
          '-f',
          file,
          '--endpoints',
          proxy.endpoint,
        );
        await until(
          () => cluster(prefix),
          LONG_MS,
          () => `it begins: ${cut.output}`,
        );
        expect(await cut.end('SIGKILL')).toBe('SIGKILL');
        expect(await cluster(prefix)).toMatchObject({importing: true});

        const daemon = target.launch();
        expect(await daemon.exited(), daemon.output).toBe(4);
        expect(daemon.output).toContain('an import into this prefix is not complete');

        const again = ['store', 'import', '-f', file, '--endpoints', etcd.endpoint];
        const plain = await sm(...again);
        expect(plain.exit, plain.stderr).toBe(4);
        const forced = await sm(...again, '--force');
        expect(forced.exit, forced.stderr).toBe(0);
        expect(await cluster(prefix)).not.toHaveProperty('importing');
        await target.start();
        const tokens = await live(target, 'c1', log);
        expect(tokens).toHaveLength(SHARDS.length);
      } finally {
        log.close();
        await proxy.stop();
        await Promise.all([source, target].map((site) => site.close()));
      }
    }));
});
