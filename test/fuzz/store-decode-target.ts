/** Requests of etcd's API as bytes, through the embedded store's own decoders and handlers, without a socket between. */
import {Metadata, status} from '@grpc/grpc-js';
import type {ServiceError, handleUnaryCall} from '@grpc/grpc-js';
import type {MethodDefinition} from '@grpc/proto-loader';
import {Calls} from '../../src/embedded/calls.ts';
import {Commits} from '../../src/embedded/commits.ts';
import {Headers} from '../../src/embedded/header.ts';
import {kvService} from '../../src/embedded/kv-service.ts';
import type {Services} from '../../src/embedded/kv-service.ts';
import {leaseService} from '../../src/embedded/lease-service.ts';
import {StateMachine} from '../../src/embedded/state-machine.ts';
import {Sweeper} from '../../src/embedded/sweeper.ts';
import {wire} from '../../src/embedded/wire.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import type {Random} from '../simulation/random.ts';
import {inProcess} from './in-process.ts';
import type {Outcome} from './in-process.ts';
import {METHODS, requestBytes} from './store-requests.ts';

export type StoreInput = {readonly method: string; readonly bytes: string};

type Method = MethodDefinition<object, object>;

/** A store that is full of rubbish answers slowly. */
const CASES_PER_STORE = 2_000;
let cases = 0;
let handlers: Readonly<Record<string, handleUnaryCall<object, object>>> = {};

function freshHandlers(): Readonly<Record<string, handleUnaryCall<object, object>>> {
  const machine = new StateMachine(() => performance.now());
  const sweeper = new Sweeper(machine.keys);
  const commits = new Commits({machine, journal: undefined, quotaBytes: 2 ** 26, memberId: '1'});
  const services: Services = {
    ...{machine, sweeper, commits},
    headers: new Headers({clusterId: '7', memberId: '1'}, machine),
    calls: new Calls(
      () => undefined,
      () => undefined,
      silentLogger,
    ),
  };
  return {...kvService(services), ...leaseService(services, wire())} as typeof handlers;
}

export function storeCase(random: Random): StoreInput {
  const method = random.pick(METHODS);
  return {method, bytes: requestBytes(method, random).toString('latin1')};
}

export const storeDecodeTarget = inProcess<StoreInput>({
  name: 'store-decode',
  group: 'store',
  weight: 3,
  make: storeCase,
  run: async ({method, bytes}): Promise<Outcome> => {
    if (cases++ % CASES_PER_STORE === 0) handlers = freshHandlers();
    const [service = '', name = ''] = method.split('.');
    const definition = wire().services[service as 'KV'][name] as Method | undefined;
    const handle = handlers[name];
    if (definition === undefined || handle === undefined) throw new Error(`no ${method}`);
    const request = definition.requestDeserialize(Buffer.from(bytes, 'latin1'));
    return new Promise((resolve) => {
      const getPeer = (): string => '127.0.0.1:1';
      const call = {metadata: new Metadata(), request, getPeer} as Parameters<typeof handle>[0];
      handle(call, (error, reply) => {
        if (error === null || error === undefined) definition.responseSerialize(reply ?? {});
        resolve(storeOutcome(name, error as Partial<ServiceError> | null));
      });
    });
  },
});

/** What a refusal may be: etcd's own words, never a bug's. */
export function storeOutcome(name: string, error: Partial<ServiceError> | null): Outcome {
  if (error === null || error.code === undefined) return {kind: `${name} ok`};
  const kind = `${name} ${status[error.code]}`;
  const details = error.details ?? '';
  const isWorded =
    /^(grpc: error unmarshalling request|etcdserver|mvcc|grpc|etcdserver: mvcc): /.test(details);
  return {kind, fault: isWorded ? undefined : `${method(name)}${error.code} ${details}`};
}

function method(name: string): string {
  return `${name}: `;
}
