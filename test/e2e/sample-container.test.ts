import {afterAll, beforeAll, expect, it} from 'vitest';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {SampleContainer} from '../support/sample-container.ts';
import {LONG_MS, until} from '../support/until.ts';

let etcd: EtcdProcess;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

it('a container of a test that began while etcd was away is there when etcd is', async () => {
  await etcd.kill();
  const where = ['--endpoints', etcd.endpoint, '--etcd-prefix', '/sm-sample'];
  const container = new SampleContainer('-a', 'none', '--wait-for-app', ...where);
  const says = (text: string): Promise<boolean> =>
    until(
      () => container.output.includes(text),
      LONG_MS,
      () => `${text}: ${container.output}`,
    );
  await says('STORE_UNAVAILABLE (exit 6)');
  await etcd.restart();
  await says('waiting for the app');
  expect(await container.end()).toBe('SIGKILL');
});
