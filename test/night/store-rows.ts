/** Faults of the store and of daemons: each on a cluster of its own. */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Authority} from '../support/certificates.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {pause} from '../support/until.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {NightContainers, NightDaemon, readyz} from './bed.ts';
import type {Question, Row} from './table.ts';

/** One fault with all that it needs; `ask` gives the row its answers while it lasts. */
export interface Night {
  readonly fault: string;
  readonly run: (ask: (row: Row) => Promise<void>) => Promise<void>;
}

const MIB = 1024 ** 2;
const SERVED = 'orders';

type Closer = () => Promise<unknown> | void;

/** Closes everything in the end, the last first. */
async function withClosers(work: (closers: Closer[]) => Promise<void>): Promise<void> {
  const closers: Closer[] = [];
  try {
    await work(closers);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function served(daemon: NightDaemon, endpoint: string, closers: Closer[]): Promise<void> {
  const containers = new NightContainers({endpoint, admin: daemon.admin});
  closers.push(() => containers.stop());
  await containers.createApp(SERVED, 2);
  await containers.start(SERVED, 'c1');
  await containers.allReady(SERVED);
}

/** All ways name the same. */
function everywhere(
  fault: string,
  daemon: NightDaemon,
  {cause, fix, alert}: {cause: RegExp; fix: RegExp; alert: RegExp},
): Row {
  const question = (...args: string[]): Question => ({
    ask: () => daemon.said(...args),
    cause,
    fix,
  });
  return {
    fault,
    status: question('status'),
    doctor: question('doctor'),
    why: question('shard', 'why', '-a', SERVED, 's0'),
    readyz: {ask: () => daemon.readyz(), cause: /503.*no write has committed since/},
    alert: {ask: () => daemon.alerts(), cause: alert},
  };
}

export const STORE_NIGHTS: readonly Night[] = [
  {
    fault: 'etcd stopped',
    run: (ask) =>
      withClosers(async (closers) => {
        const etcd = await startEtcd({kind: 'etcd'});
        closers.push(() => etcd.stop());
        const daemon = await NightDaemon.start({config: [`endpoints: ["${etcd.endpoint}"]`]});
        closers.push(() => daemon.end());
        await served(daemon, etcd.endpoint, closers);
        etcd.first.signal('SIGSTOP');
        await ask(
          everywhere('etcd stopped', daemon, {
            cause: /etcd .*(answer|reach)|no write has committed/i,
            fix: /etcd/,
            alert: /SmStoreNoWrites/,
          }),
        );
      }),
  },
  {
    fault: 'etcd without space',
    run: (ask) =>
      withClosers(async (closers) => {
        const etcd = await startEtcd({kind: 'etcd', quotaBytes: 16 * MIB});
        closers.push(() => etcd.stop());
        const daemon = await NightDaemon.start({config: [`endpoints: ["${etcd.endpoint}"]`]});
        closers.push(() => daemon.end());
        await served(daemon, etcd.endpoint, closers);
        await fill(etcd.endpoint);
        await ask(
          everywhere('etcd without space', daemon, {
            cause: /out of space/,
            fix: /alarm disarm/,
            alert: /SmStoreNoWrites/,
          }),
        );
      }),
  },
  {
    fault: 'disk full (embedded store)',
    run: (ask) =>
      withClosers(async (closers) => {
        const folder = mkdtempSync(join(tmpdir(), 'sm-night-disk-'));
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]);
        closers.push(() => {
          execFileSync('umount', ['-l', folder]);
          rmSync(folder, {recursive: true, force: true});
        });
        const [port] = [23_790 + (process.pid % 1_000)];
        const daemon = await NightDaemon.start({
          config: [`embedded: {port: ${port}}`],
          args: ['--embedded', '--data-dir', join(folder, 'data')],
        });
        closers.push(() => daemon.end());
        await served(daemon, `127.0.0.1:${port}`, closers);
        fillDisk(join(folder, 'filler'));
        await ask(
          everywhere('disk full (embedded store)', daemon, {
            cause: /out of space/,
            fix: /make room on its disk/,
            alert: /SmStoreFull/,
          }),
        );
      }),
  },
  {
    fault: 'certificate ended',
    run: (ask) =>
      withClosers(async (closers) => {
        const etcd = await startEtcd({kind: 'etcd'});
        closers.push(() => etcd.stop());
        const authority = new Authority();
        closers.push(() => authority.remove());
        const {cert, key, ca} = authority.issue('daemon', 'IP:127.0.0.1', 0);
        await pause(1_500);
        const tls = `tls: {cert: ${cert}, key: ${key}, ca: ${ca}}`;
        const daemon = await NightDaemon.start({
          config: [`endpoints: ["${etcd.endpoint}"]`, tls],
          scheme: 'https',
          ca,
        });
        closers.push(() => daemon.end());
        const [cause, fix] = [/certificate .*has expired/, /renew/];
        const question = (...args: string[]): Question => ({
          ask: () => daemon.said(...args),
          cause,
          fix,
        });
        await ask({
          fault: 'certificate ended',
          status: question('status'),
          doctor: question('doctor'),
          why: question('shard', 'why', '-a', SERVED, 's0'),
          readyz: {ask: () => daemon.readyz(), cause: /503.*certificate has expired/},
          alert: {ask: () => daemon.alerts(), cause: /SmCertificateEnds/},
        });
      }),
  },
  {
    fault: 'daemon down',
    run: (ask) =>
      withClosers(async (closers) => {
        const etcd = await startEtcd({kind: 'etcd'});
        closers.push(() => etcd.stop());
        const config = [`endpoints: ["${etcd.endpoint}"]`];
        const down = await NightDaemon.start({config});
        closers.push(() => down.end());
        const daemon = await NightDaemon.start({config, others: [down.url]});
        closers.push(() => daemon.end());
        await down.end();
        const gone = 'the other daemon takes its apps over within seconds';
        await ask({
          fault: 'daemon down',
          status: {ask: () => daemon.said('status'), cause: /1 daemon|TROUBLE/},
          doctor: {
            ask: () => daemon.said('doctor'),
            cause: /was lost at|cannot be called|is (suspect|silent|lost)/,
            fix: /start it again|restart it/,
          },
          why: {byRights: gone},
          readyz: {ask: () => readyz(down.url), cause: /no answer/},
          alert: {ask: () => daemon.alerts(), cause: /SmDaemonDown/},
        });
      }),
  },
  {
    fault: 'clock wrong by two minutes',
    run: (ask) =>
      withClosers(async (closers) => {
        const etcd = await startEtcd({kind: 'etcd'});
        closers.push(() => etcd.stop());
        const config = [`endpoints: ["${etcd.endpoint}"]`];
        const daemon = await NightDaemon.start({config});
        closers.push(() => daemon.end());
        const skew = join(mkdtempSync(join(tmpdir(), 'sm-night-clock-')), 'skew.mjs');
        writeFileSync(skew, 'const now = Date.now.bind(Date); Date.now = () => now() + 120_000;\n');
        closers.push(() => rmSync(join(skew, '..'), {recursive: true, force: true}));
        const env = {NODE_OPTIONS: `--import ${skew}`};
        const wrong = await NightDaemon.start({config, env});
        closers.push(() => wrong.end());
        const harmless = {byRights: 'it endangers nothing: waits are counted on one clock'};
        await ask({
          fault: 'clock wrong by two minutes',
          status: harmless,
          doctor: {
            ask: () => daemon.said('doctor'),
            cause: /is 1\d\d\.\d s ahead of this daemon/,
            fix: /time server/,
          },
          why: harmless,
          readyz: harmless,
          alert: harmless,
        });
      }),
  },
];

async function fill(endpoint: string): Promise<void> {
  const store = openEtcdStore({endpoints: [endpoint]});
  const value = 'x'.repeat(MIB);
  for (let count = 0; count < 100; count += 1) {
    const then = [{op: 'put' as const, key: `/other/${count}`, value}];
    const outcome = await store.transact({compares: [], then});
    if (outcome.kind === 'unknown') break;
  }
  await store.close();
}

/** Until not a byte more goes in. */
function fillDisk(file: string): void {
  for (const bytes of [MIB, 4_096, 1])
    for (;;) {
      try {
        writeFileSync(`${file}-${bytes}`, Buffer.alloc(bytes), {flag: 'a'});
      } catch {
        break;
      }
    }
}
