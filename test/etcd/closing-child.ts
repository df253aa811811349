/**
 * A process that uses the store, closes it and has nothing more to do: it must end by itself. Run by etcd-close.test.ts;
 * its arguments: endpoint, then any of `watch`, `auth`.
 */
import {EtcdStore} from '../../src/store/etcd-store.ts';

const [endpoint = '', ...modes] = process.argv.slice(2);
const store = new EtcdStore({
  endpoints: [endpoint],
  timeoutMs: 1_000,
  ...(modes.includes('auth') ? {username: 'root', password: 'secret'} : {}),
});
const outcome = await store.transact({
  compares: [],
  then: [{op: 'put', key: '/closing', value: ''}],
});
if (modes.includes('watch')) {
  const watch = store.watch('/closing', 1, {onBatch: () => undefined, onLost: () => undefined});
  store.watch('/other', 1, {onBatch: () => undefined, onLost: () => undefined});
  await new Promise((resolve) => setTimeout(resolve, 200));
  watch.close();
}
await store.close();
console.log(outcome.kind);
