/** The password of etcd changes while a daemon runs: it is used without a restart once etcd takes it, and nobody is fenced. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {LONG_MS} from '../support/cluster.ts';
import {DaemonProcess} from '../support/daemon-process.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {ownFolder} from '../support/own-folder.ts';
import {pause, until} from '../support/until.ts';

const TTL_MS = 5_000;
const folder = ownFolder('login');
const passwordFile = join(folder, 'password');
let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd({kind: 'etcd', user: {name: 'root', password: 'secret'}});
  await etcdctl('', 'user', 'add', 'daemon:first');
  await etcdctl('', 'user', 'grant-role', 'daemon', 'root');
});
afterAll(() => etcd.stop());

async function etcdctl(input: string, ...args: string[]): Promise<void> {
  const all = ['--endpoints', etcd.endpoint, '--user', 'root:secret', ...args];
  const child = spawn('etcdctl', all, {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: {...process.env, ETCDCTL_API: '3'},
  });
  child.stdin.end(input);
  expect(await once(child, 'exit')).toEqual([0, null]);
}

it(
  'takes a new password once etcd has it, and keeps the old one until then',
  async () => {
    const [port = 0] = await freePorts(1);
    writeFileSync(passwordFile, 'first', {mode: 0o600});
    const daemon = new DaemonProcess(
      [
        ...['service: sm.test', `port: ${port}`, `endpoints: [${etcd.endpoint}]`],
        ...['etcdPrefix: /sm-login', `heartbeat: {ttlMs: ${TTL_MS}}`],
        ...[`etcd: {username: daemon, passwordFile: ${passwordFile}}`, ''],
      ].join('\n'),
    );
    const admin = new AdminClient({server: `http://127.0.0.1:${port}`});
    const said = (wanted: string) => daemon.lines.filter(({msg}) => String(msg).includes(wanted));
    const untilSaid = (wanted: string): Promise<unknown> =>
      until(
        () => said(wanted).length > 0,
        LONG_MS,
        () => `${wanted}: ${daemon.output}`,
      );
    try {
      await untilSaid('ready');
      // Before etcd has it: what works stays.
      writeFileSync(passwordFile, 'second');
      daemon.signal('SIGHUP');
      await untilSaid('refused: the old ones stay in use');
      await admin.call('addSpec', {service: 'before'});

      // It tries again by itself.
      await etcdctl('second\n', 'user', 'passwd', 'daemon', '--interactive=false');
      await untilSaid('using the new ones');
      expect(said('using the new ones')).toMatchObject([{files: ['etcd.passwordFile']}]);
      const old = openEtcdStore({
        ...{endpoints: [etcd.endpoint], username: 'daemon', password: 'first'},
      });
      await expect(old.get('/x')).rejects.toMatchObject({code: 'STORE_AUTH'});
      await old.close();

      await pause(2 * TTL_MS);
      // New apps get their governor when the machine comes to it.
      const {daemons} = await until(
        async () => {
          const status = await admin.call('status', {});
          return status.health === 'OK' ? status : undefined;
        },
        LONG_MS,
        () => `health OK: ${daemon.output}`,
      );
      expect(daemons).toHaveLength(1);
      await admin.call('addSpec', {service: 'after'});
      expect(said('fenced')).toEqual([]);
      expect(said('ready')).toHaveLength(1);
      daemon.signal('SIGTERM');
      expect(await daemon.exited()).toBe(0);
    } finally {
      admin.close();
      await daemon.end();
    }
  },
  LONG_MS,
);
