/** What the gRPC library refuses by itself, in the words of etcd's: clients match on them. */
import {status} from '@grpc/grpc-js';
import type {Server, ServerInterceptor} from '@grpc/grpc-js';

interface Status {
  readonly code: status;
  readonly details: string;
}

interface Responder {
  _respondWithError?: (refusal: Status, ...rest: unknown[]) => void;
}

/** Takes the place of an interceptor, but only to see statuses that never pass one. */
export const etcdWords: ServerInterceptor = (_method, call) => {
  const send = call.sendStatus.bind(call);
  call.sendStatus = (sent) => send(inEtcdWords(sent));
  return call as ReturnType<ServerInterceptor>;
};

/** The same for calls to methods that the server does not have. */
export function wordUnknownMethods(server: Server): void {
  const responder = server as unknown as Responder;
  const respond = responder._respondWithError?.bind(server);
  if (respond === undefined) return;
  responder._respondWithError = (refusal, ...rest) => respond(inEtcdWords(refusal), ...rest);
}

function inEtcdWords<T extends {code?: status; details?: string | null}>(sent: T): T {
  const details = sent.details ?? '';
  if (sent.code === status.RESOURCE_EXHAUSTED) {
    const [, size, limit] =
      /^Received message larger than max \((\d+) vs (\d+)\)$/.exec(details) ?? [];
    if (size === undefined) return sent;
    return {...sent, details: `grpc: received message larger than max (${size} vs. ${limit})`};
  }
  if (sent.code === status.UNIMPLEMENTED) {
    if (details.startsWith('Received no request message'))
      return {...sent, code: status.UNKNOWN, details: 'EOF'};
    const [, path] = /^The server does not implement the method (.*)$/.exec(details) ?? [];
    return path === undefined ? sent : {...sent, details: unknownMethod(path)};
  }
  return sent;
}

function unknownMethod(path: string): string {
  const [service = '', method] = path.replace(/^\//, '').split('/');
  if (!service.startsWith('etcdserverpb.')) return `unknown service ${service}`;
  return `unknown method ${method ?? ''} for service ${service}`;
}
