/** The alarm of a governor that has stopped, beside others who write the summary. */
import {beforeEach, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {decodeAppStatus, encodeRecord} from '../../../src/protocol/records.ts';
import type {AppStatus} from '../../../src/model/status.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {raiseAlarm} from '../../../src/server/governing/broken-alarm.ts';
import type {Transaction, TransactionOutcome} from '../../../src/store/port.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import {status} from '../admin/fixture.ts';

const APP = 'orders';
const keys = new Keys('/sm', 'sm');
const FENCING = keys.ownership('sm', APP);
const ALARM = {code: 'GOVERNOR_BROKEN', text: 'nothing moves meanwhile'} as const;

/** Before the first write of the alarm somebody else writes a summary. */
class BusyStore extends MemoryStore {
  between: (() => Promise<unknown>) | undefined;

  override async transact(transaction: Transaction): Promise<TransactionOutcome> {
    const {between} = this;
    this.between = undefined;
    await between?.();
    return super.transact(transaction);
  }
}

let store: BusyStore;
beforeEach(async () => {
  store = new BusyStore();
  await put(FENCING, '{}');
  await put(keys.appSpec(APP), encodeRecord({service: APP, createTime: 1, maxShardCount: 0}));
  await put(keys.status(APP), encodeRecord(status({unplacedCount: 7})));
});

function put(key: string, value: string): Promise<unknown> {
  return store.transact({compares: [], then: [{op: 'put', key, value}]});
}

async function raise(isWanted?: () => boolean): Promise<AppStatus> {
  const value = store.kv.get(FENCING)?.mod ?? 0;
  const fencingKey = {key: FENCING, target: 'mod', value} as const;
  const clock = systemClock();
  await raiseAlarm({app: APP, governor: 'd1', keys, store, fencingKey, clock}, ALARM, isWanted);
  const decoded = decodeAppStatus(store.kv.get(keys.status(APP))?.value.toString() ?? '');
  if (!decoded.ok) throw new Error('the summary cannot be read');
  return decoded.value;
}

it('goes into the newest summary, not into the one that was read first', async () => {
  store.between = () => put(keys.status(APP), encodeRecord(status({unplacedCount: 0})));
  const {unplacedCount, alarms} = await raise();
  expect({unplacedCount, codes: alarms.map(({code}) => code)}).toEqual({
    unplacedCount: 0,
    codes: [ALARM.code],
  });
});

it('is not put into a summary of the governor that has begun anew', async () => {
  let isWanted = true;
  store.between = async () => {
    await put(keys.status(APP), encodeRecord(status({unplacedCount: 0})));
    isWanted = false;
  };
  expect(await raise(() => isWanted)).toMatchObject({unplacedCount: 0, alarms: []});
});
