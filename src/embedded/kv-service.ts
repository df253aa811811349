import type {UntypedServiceImplementation} from '@grpc/grpc-js';
import type {Calls} from './calls.ts';
import type {Commits} from './commits.ts';
import {failure} from './failures.ts';
import type {Headers} from './header.ts';
import {range} from './operations.ts';
import {checkPut, checkTxn, isReadOnly, requireKey} from './request-checks.ts';
import type {
  CompactionRequest,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from './requests.ts';
import type {Command, Reply, StateMachine} from './state-machine.ts';
import type {Sweeper} from './sweeper.ts';
import {transact} from './transaction.ts';
import type {Received} from './wire.ts';
import {REQUEST_ENVELOPE_BYTES, REQUEST_LIMIT_BYTES} from './limits.ts';

export interface Services {
  readonly machine: StateMachine;
  readonly commits: Commits;
  readonly headers: Headers;
  readonly calls: Calls;
  readonly sweeper: Sweeper;
}

export function kvService(services: Services): UntypedServiceImplementation {
  const {machine, headers, calls, sweeper} = services;
  return {
    Range: calls.unary((request: RangeRequest) => {
      requireKey(request);
      return headers.fill(range(machine.keys, request));
    }),
    Put: calls.unary(({request, bytes}: Received<PutRequest>) => {
      checkPut(request);
      return commit(services, {kind: 'put', request}, bytes);
    }),
    DeleteRange: calls.unary(({request, bytes}: Received<DeleteRangeRequest>) => {
      requireKey(request);
      return commit(services, {kind: 'deleteRange', request}, bytes);
    }),
    Txn: calls.unary(({request, bytes}: Received<TxnRequest>) => {
      checkTxn(request);
      if (isReadOnly(request)) return headers.fill(transact(machine, request));
      return commit(services, {kind: 'txn', request}, bytes);
    }),
    Compact: calls.unary(async ({request, bytes}: Received<CompactionRequest>) => {
      const reply = await commit(services, {kind: 'compact', request}, bytes);
      const swept = sweeper.sweep();
      if (request.physical === true) await swept;
      return reply;
    }),
  };
}

/** Logs and applies a change; the reply has its whole header. @throws EtcdFailure */
export function commit(
  {commits, headers}: Services,
  command: Command,
  bytes: Buffer,
): Reply | Promise<Reply> {
  if (bytes.length + REQUEST_ENVELOPE_BYTES > REQUEST_LIMIT_BYTES) throw failure('requestTooLarge');
  const reply = commits.submit(command, bytes);
  if (!(reply instanceof Promise)) return headers.fill(reply);
  return reply.then((value) => headers.fill(value));
}
