import {afterEach, expect, it, vi} from 'vitest';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {freePorts} from '../support/free-ports.ts';

afterEach(() => vi.useRealTimers());

it('a read ends within its time also when the clock of the machine is set back meanwhile', async () => {
  const [nobody = 0] = await freePorts(1);
  const store = new EtcdStore({endpoints: [`127.0.0.1:${nobody}`], timeoutMs: 400});
  vi.useFakeTimers({toFake: ['Date'], shouldAdvanceTime: false});
  const reading = store.get('a');
  setTimeout(() => vi.setSystemTime(Date.now() - 3_600_000), 100);
  await expect(reading).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
  await store.close();
});
