/** The protocol files that the etcd3 package ships, as service definitions for a gRPC server. */
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {loadSync} from '@grpc/proto-loader';
import type {MethodDefinition, ServiceDefinition} from '@grpc/proto-loader';
import {Malformed, Shapes, faultIn} from './request-bytes.ts';
import {messageOf} from '../model/failure-text.ts';

/** A request with the bytes it came in: what the log keeps, without encoding it a second time. */
export interface Received<T> {
  readonly request: T;
  readonly bytes: Buffer;
}

export interface Wire {
  readonly services: Readonly<Record<ServiceName, ServiceDefinition>>;
  decode(kind: LoggedKind, bytes: Buffer): object;
  encode(kind: LoggedKind, request: object): Buffer;
}

const SERVICES = ['KV', 'Watch', 'Lease', 'Cluster', 'Maintenance', 'Auth'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Requests that change the store, and the method whose message each is. */
const LOGGED = {
  put: ['KV', 'Put'],
  deleteRange: ['KV', 'DeleteRange'],
  txn: ['KV', 'Txn'],
  compact: ['KV', 'Compact'],
  grant: ['Lease', 'LeaseGrant'],
  revoke: ['Lease', 'LeaseRevoke'],
  alarm: ['Maintenance', 'Alarm'],
} as const satisfies Record<string, readonly [ServiceName, string]>;

export type LoggedKind = keyof typeof LOGGED;

type AnyMethod = MethodDefinition<object, object>;

let shared: Wire | undefined;

/** Parsed once a process: it takes some 15 ms. */
export function wire(): Wire {
  shared ??= load();
  return shared;
}

function load(): Wire {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('etcd3/package.json')),
    'proto',
  );
  const definition = loadSync(join(folder, 'rpc.proto'), {keepCase: true, longs: String});
  const shapes = new Shapes(definition);
  const service = (name: ServiceName): ServiceDefinition =>
    Object.fromEntries(
      Object.entries(definition[`etcdserverpb.${name}`] as ServiceDefinition).map(
        ([method, found]) => [method, checked(found as AnyMethod, shapes)],
      ),
    );
  const services = Object.fromEntries(SERVICES.map((name) => [name, service(name)])) as Record<
    ServiceName,
    ServiceDefinition
  >;
  const plain = new Map<LoggedKind, AnyMethod>();
  for (const [kind, [name, method]] of Object.entries(LOGGED) as [
    LoggedKind,
    readonly [ServiceName, string],
  ][]) {
    const found = services[name][method] as AnyMethod;
    plain.set(kind, found);
    services[name][method] = {
      ...found,
      requestDeserialize: (bytes: Buffer): Received<object> | Malformed => {
        const request = found.requestDeserialize(bytes);
        return request instanceof Malformed ? request : {request, bytes};
      },
    };
  }
  return {
    services,
    decode: (kind, bytes) => methodOf(plain, kind).requestDeserialize(bytes),
    encode: (kind, request) => methodOf(plain, kind).requestSerialize(request),
  };
}

/** A method that gives `Malformed` where bytes are not its request. */
function checked(method: AnyMethod, shapes: Shapes): AnyMethod {
  const shape = shapes.of(method.requestType.type);
  const decode = method.requestDeserialize;
  return {
    ...method,
    requestDeserialize: (bytes: Buffer): object => {
      const fault = faultIn(bytes, shape);
      return fault === undefined ? decoded(bytes, decode) : new Malformed(fault);
    },
  };
}

/** The library refuses some of what etcd takes or refuses later, as numbers longer than their type needs at the end of a message. */
function decoded(bytes: Buffer, decode: (bytes: Buffer) => object): object {
  try {
    return decode(bytes);
  } catch (error) {
    return new Malformed(`proto: ${messageOf(error)}`);
  }
}

function methodOf(plain: ReadonlyMap<LoggedKind, AnyMethod>, kind: LoggedKind): AnyMethod {
  const method = plain.get(kind);
  if (method === undefined) throw new Error(`no message for ${kind}`);
  return method;
}
