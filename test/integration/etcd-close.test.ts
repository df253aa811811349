/** `close()` leaves nothing behind that keeps a process alive. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {bundled} from '../support/bundle.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {HANG_MS, pause} from '../support/until.ts';

const CHILD = join(import.meta.dirname, '..', 'etcd', 'closing-child.ts');

let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd();
});

afterAll(() => etcd.stop());

/** What the process printed; it is killed, and the code null, when it does not end by itself. */
async function runChild(...args: string[]): Promise<{code: number | null; output: string}> {
  const child = spawn(process.execPath, [bundled(CHILD), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
  await once(child, 'close');
  clearTimeout(timer);
  return {code: child.exitCode, output};
}

it.each([[[]], [['watch']], [['auth']]])('ends after calls with %j', async (modes) => {
  const {code, output} = await runChild(etcd.endpoint, ...modes);
  expect(code, output).toBe(0);
});

it('ends with open watches on an etcd that is not there', async () => {
  const [port] = await freePorts(1);
  const {code, output} = await runChild(`127.0.0.1:${port}`, 'watch');
  expect(output.trim()).toBe('unknown');
  expect(code).toBe(0);
});

it('ends with open watches on an etcd that hangs', async () => {
  await etcd.pause();
  try {
    const {code, output} = await runChild(etcd.endpoint, 'watch');
    expect(output.trim()).toBe('unknown');
    expect(code).toBe(0);
  } finally {
    etcd.resume();
  }
});

it('refuses calls and tells watchers nothing after close', async () => {
  const store = new EtcdStore({endpoints: [etcd.endpoint]});
  const writer = new EtcdStore({endpoints: [etcd.endpoint]});
  let reported = 0;
  const {revision} = await store.status();
  store.watch('/c/', revision + 1, {onBatch: () => (reported += 1), onLost: () => (reported += 1)});
  await store.close();
  await writer.transact({compares: [], then: [{op: 'put', key: '/c/a', value: ''}]});
  await pause(300);
  expect(reported).toBe(0);
  await expect(store.get('/c/a')).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
  await store.close();
  await writer.close();
});

it('says so when a login is given to an etcd that wants none, and goes on', async () => {
  const store = new EtcdStore({endpoints: [etcd.endpoint], username: 'root', password: 'secret'});
  expect((await store.get('/c/a')).entry?.key).toBe('/c/a');
  expect(await store.usage()).toMatchObject({isLoginUnused: true});
  await store.close();
});
