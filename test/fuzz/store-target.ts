/** The embedded store as a process, by gRPC with bytes that no client library would send. */
import type {ServiceError} from '@grpc/grpc-js';
import {startEtcd} from '../support/etcd-process.ts';
import {Wire} from '../support/wire.ts';
import type {Refusal} from '../support/wire.ts';
import {residentBytes} from './process-bed.ts';
import {storeCase, storeOutcome} from './store-decode-target.ts';
import type {StoreInput} from './store-decode-target.ts';
import {count} from './target.ts';
import type {FuzzTarget, Json, TargetFactory} from './target.ts';

const WIDTH = 8;
/** What is kept would else grow with every case. */
const CASES_PER_CLEARING = 1_000;

async function open(): Promise<FuzzTarget> {
  const store = await startEtcd({kind: 'embedded'});
  const wire = new Wire(store.endpoints[0] ?? '');
  const counts = new Map<string, number>();
  let cases = 0;
  const clear = async (): Promise<void> => {
    const all = {key: Buffer.from([0]), range_end: Buffer.from([0])};
    const {header} = (await wire.call('KV.DeleteRange', all)) as {header?: {revision?: string}};
    await wire.call('KV.Compact', {revision: header?.revision ?? '1', physical: true});
  };
  return {
    ...{name: 'store', width: WIDTH, counts, make: storeCase},
    run: async (input: Json) => {
      cases += 1;
      if (cases % CASES_PER_CLEARING === 0) await clear();
      const {method, bytes} = input as unknown as StoreInput;
      const answer = await wire.raw(method, Buffer.from(bytes, 'latin1'));
      const {kind, fault} = storeOutcome(
        method,
        'error' in answer ? refusal(answer as Refusal) : null,
      );
      count(counts, kind);
      return fault;
    },
    memory: () => residentBytes(store.pid ?? 0),
    verify: async () => {
      const answer = await wire.call('Maintenance.Status');
      return 'error' in answer ? `the store does not answer: ${JSON.stringify(answer)}` : undefined;
    },
    close: async () => {
      wire.close();
      await store.stop();
    },
  };
}

function refusal({code, error}: Refusal): Partial<ServiceError> {
  return {code, details: error};
}

export const storeTarget: TargetFactory = {name: 'store', group: 'store', weight: 1, open};
