/** gRPC calls as functions: who asks is checked, what is thrown becomes a status. */
import {status} from '@grpc/grpc-js';
import type {Metadata, ServerDuplexStream, ServiceError, handleUnaryCall} from '@grpc/grpc-js';
import {SmError} from '../model/errors.ts';
import type {Logger} from '../runtime/logger.ts';
import {EtcdFailure} from './failures.ts';
import {Malformed} from './request-bytes.ts';

/** Lets a call pass or throws; `peer`: address and port of who calls. @throws EtcdFailure */
export type Gate = (metadata: Metadata, peer: string) => void;

type Status = Pick<ServiceError, 'code' | 'details'>;

/** A call with one request and one reply. */
export class Calls {
  private readonly assertLock: () => void;
  private readonly gate: Gate;
  private readonly logger: Logger;

  /** `assertLock` throws when the store is another process's now: then nothing is answered. */
  constructor(assertLock: () => void, gate: Gate, logger: Logger) {
    this.assertLock = assertLock;
    this.gate = gate;
    this.logger = logger;
  }

  /** `peer`: address and port of who calls. */
  unary<T, R>(handle: (request: T, peer: string) => R | Promise<R>): handleUnaryCall<T, R> {
    return (call, callback) => {
      const {metadata, request} = call;
      const fail = (error: unknown): void => callback(this.statusOf(error));
      try {
        if (request instanceof Malformed) throw request.failure;
        this.assertLock();
        const peer = call.getPeer();
        this.gate(metadata, peer);
        const reply = handle(request, peer);
        if (reply instanceof Promise) reply.then((value) => callback(null, value), fail);
        else callback(null, reply);
      } catch (error) {
        fail(error);
      }
    };
  }

  /** Whether a message of an open stream may be answered; what to end the stream with when not. */
  stopped(): Status | undefined {
    try {
      this.assertLock();
      return undefined;
    } catch (error) {
      return this.statusOf(error);
    }
  }

  /** Checks who opened a stream; what to end it with when it may not be open. */
  refusal(
    call: Pick<ServerDuplexStream<unknown, unknown>, 'metadata' | 'getPeer'>,
  ): Status | undefined {
    try {
      this.assertLock();
      this.gate(call.metadata, call.getPeer());
      return undefined;
    } catch (error) {
      return this.statusOf(error);
    }
  }

  statusOf(error: unknown): Status {
    if (error instanceof EtcdFailure) return {code: error.code, details: error.message};
    if (error instanceof SmError && error.code === 'CONFLICT')
      return {code: status.UNAVAILABLE, details: error.message};
    this.logger.error({error: String(error)}, 'a call to the embedded store failed');
    return {code: status.INTERNAL, details: `embedded store: ${String(error)}`};
  }
}
