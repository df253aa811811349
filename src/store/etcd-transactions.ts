/** Transactions and their answers, between the store port and etcd's wire. */
import type {IRangeResponse, ITxnResponse} from 'etcd3';
import type {EndpointClient} from '../etcd/connection.ts';
import {endOfPrefix, toKeyValue} from '../etcd/wire.ts';
import type {WireKeyValue} from '../etcd/wire.ts';
import type {Compare, KeyValue, Operation, Transaction} from './port.ts';

export function entriesOf(reply: IRangeResponse): KeyValue[] {
  return reply.kvs.map((kv) => toKeyValue(kv as unknown as WireKeyValue));
}

export function answersOf(reply: ITxnResponse): (KeyValue | undefined)[] {
  return reply.responses.map((response) => {
    const kv = response.response_range?.kvs[0];
    return kv === undefined ? undefined : toKeyValue(kv as unknown as WireKeyValue);
  });
}

export function keysOf({compares, then, otherwise = []}: Transaction): string[] {
  return [...compares, ...then, ...otherwise].map(({key}) => key);
}

export function toWire({
  compares,
  then,
  otherwise = [],
}: Transaction): Parameters<EndpointClient['kv']['txn']>[0] {
  return {
    compare: compares.map(wireCompare),
    success: then.map(wireOperation),
    failure: otherwise.map(wireOperation),
  };
}

function wireCompare({key, target, op, value}: Compare): object {
  if (target === 'value')
    return {key: Buffer.from(key), result: 'Equal', target: 'Value', value: Buffer.from(value)};
  const revision = String(value);
  // etcd takes an empty range for one key that does not exist.
  if (target === 'below')
    return {
      ...{key: Buffer.from(key), range_end: endOfPrefix(Buffer.from(key)), result: 'Equal'},
      ...{target: 'Create', create_revision: revision},
    };
  return {
    key: Buffer.from(key),
    result: op === '=' ? 'Equal' : 'NotEqual',
    ...(target === 'mod'
      ? {target: 'Mod', mod_revision: revision}
      : {target: 'Create', create_revision: revision}),
  };
}

function wireOperation(operation: Operation): object {
  const key = Buffer.from(operation.key);
  if (operation.op === 'put') return {request_put: {key, value: Buffer.from(operation.value)}};
  return operation.op === 'delete' ? {request_delete_range: {key}} : {request_range: {key}};
}
