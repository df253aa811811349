/** etcd's API as bare gRPC: no client library between the test and the bytes, so that codes and texts are the server's own. */
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {Client, Metadata, credentials, loadPackageDefinition} from '@grpc/grpc-js';
import type {ClientDuplexStream, GrpcObject, MethodDefinition, ServiceError} from '@grpc/grpc-js';
import {loadSync} from '@grpc/proto-loader';
import {LONG_MS} from './until.ts';

/** A decoded message: 64-bit numbers as text, enums by name, unset messages null. */
export type Message = Record<string, unknown>;
/** A status that is not OK. */
export interface Refusal {
  readonly code: number;
  readonly error: string;
}
export type Answer = Message | Refusal;

type Method = MethodDefinition<object, Message>;

const protos = join(
  dirname(createRequire(import.meta.url).resolve('etcd3/package.json')),
  'proto',
  'rpc.proto',
);
const definition = loadSync(protos, {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  arrays: true,
});
const services = loadPackageDefinition(definition)['etcdserverpb'] as GrpcObject;

/** `KV.Put` as the library describes it. */
function methodOf(name: string): Method {
  const [service = '', method = ''] = name.split('.');
  const found = (services[service] as unknown as {service: Record<string, Method>} | undefined)
    ?.service[method];
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
}

export function refusalOf(error: unknown): Refusal {
  const {code, details} = error as ServiceError;
  return {code, error: details};
}

export class Wire {
  readonly endpoint: string;
  private readonly client: Client;

  constructor(endpoint: string) {
    this.endpoint = endpoint;
    this.client = new Client(endpoint, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** One call; `token` is what Auth.Authenticate gave. Resolves with the reply or with the refusal. */
  call(name: string, request: object = {}, token?: string): Promise<Answer> {
    const {path, requestSerialize, responseDeserialize} = methodOf(name);
    return this.unary(path, requestSerialize, responseDeserialize, request, token);
  }

  /** The same with these bytes as the request's message, and the reply's bytes when there is one. */
  raw(name: string, bytes: Buffer): Promise<Answer> {
    const {path} = methodOf(name);
    const asBytes = (reply: Buffer): Message => ({bytes: reply});
    return this.unary(path, () => bytes, asBytes, {});
  }

  /** A call to a path that the protos need not know. */
  unknown(path: string): Promise<Answer> {
    return this.unary(
      path,
      () => Buffer.alloc(0),
      (reply) => ({bytes: reply}),
      {},
    );
  }

  /** All messages of a stream of answers, with how it ended when not by itself. */
  collect(name: string, request: object = {}): Promise<{messages: Message[]; refusal?: Refusal}> {
    const {path, requestSerialize, responseDeserialize} = methodOf(name);
    const stream = this.client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
    );
    const messages: Message[] = [];
    return new Promise((resolve) => {
      stream.on('data', (message: Message) => messages.push(message));
      stream.on('error', (error) => resolve({messages, refusal: refusalOf(error)}));
      stream.on('end', () => resolve({messages}));
    });
  }

  open(name: string, token?: string): Exchange {
    const {path, requestSerialize, responseDeserialize} = methodOf(name);
    return new Exchange(
      this.client.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadataOf(token),
      ),
    );
  }

  close(): void {
    this.client.close();
  }

  private unary(
    path: string,
    serialize: (request: object) => Buffer,
    deserialize: (reply: Buffer) => Message,
    request: object,
    token?: string,
  ): Promise<Answer> {
    const options = {deadline: Date.now() + LONG_MS};
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        request,
        metadataOf(token),
        options,
        (error, reply) => resolve(error === null ? (reply ?? {}) : refusalOf(error)),
      );
    });
  }
}

function metadataOf(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('token', token);
  return metadata;
}

/** A stream both ways that remembers all it was told. */
export class Exchange {
  readonly messages: Message[] = [];
  /** How the stream ended. */
  refusal: Refusal | undefined;
  ended = false;
  private readonly stream: ClientDuplexStream<object, Message>;
  private wake: (() => void)[] = [];

  constructor(stream: ClientDuplexStream<object, Message>) {
    this.stream = stream;
    stream.on('data', (message: Message) => {
      this.messages.push(message);
      this.changed();
    });
    stream.on('error', (error) => {
      this.refusal = refusalOf(error);
      this.changed();
    });
    stream.on('end', () => {
      this.ended = true;
      this.changed();
    });
  }

  send(request: object): void {
    this.stream.write(request);
  }

  /** No more requests will come. */
  finish(): void {
    this.stream.end();
  }

  close(): void {
    this.stream.cancel();
  }

  /** Resolves with the first value of `condition` that is there; looks again at every message. */
  async when<T>(condition: () => T, what: string, limitMs = LONG_MS): Promise<NonNullable<T>> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const value = condition();
      if (value !== false && value !== null && value !== undefined) return value;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) throw new Error(`not within ${limitMs} ms: ${what}`);
      await this.change(leftMs);
    }
  }

  /** The n-th message, counted from 0. */
  message(index: number): Promise<Message> {
    return this.when(() => this.messages[index], `message ${index}`);
  }

  private changed(): void {
    const {wake} = this;
    this.wake = [];
    for (const resume of wake) resume();
  }

  private change(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
