/** Calls to containers, and to daemons, at the addresses that they have registered: signed, over kept-alive connections. */
import {request} from 'undici';
import type {Dispatcher} from 'undici';
import type {SignedCall} from '../../protocol/call-signature.ts';
import {callReply} from './call-signer.ts';
import type {CallReply, CallSigner, SignedTarget} from './call-signer.ts';
import {containerAgent} from './container-agent.ts';
import type {CallTls} from './container-agent.ts';
import {refusedRegistration, urlOfEndpoint} from './endpoint-policy.ts';
import type {EndpointRules} from './endpoint-policy.ts';

export interface ContainerCallerOptions extends EndpointRules {
  /** Speak TLS with endpoints that name no scheme. Default false. */
  readonly secure?: boolean;
  /** What is trusted and shown where TLS is spoken, as of now. Default: the system's authorities, and nothing. */
  readonly tls?: () => CallTls;
  /** Signs the calls. Absent: they are not signed, as among daemons. */
  readonly signer?: CallSigner | undefined;
  /** Carries the calls. Default: kept-alive connections. */
  readonly dispatcher?: Dispatcher;
}

type ContainerCall = SignedCall & {readonly method: 'GET' | 'POST'};

export class ContainerCaller {
  private readonly options: ContainerCallerOptions;
  private readonly agent: Dispatcher;

  /** `connections`: most at once to one container. `answerLimitBytes`: default 64 KiB. */
  constructor(options: ContainerCallerOptions, connections: number, answerLimitBytes?: number) {
    this.options = options;
    const {dispatcher, allowLoopback, networks, tls} = options;
    const limits = {networks, tls, ...(answerLimitBytes === undefined ? {} : {answerLimitBytes})};
    this.agent = dispatcher ?? containerAgent(connections, allowLoopback, limits);
  }

  /** Why the endpoint is not called; undefined: it is. */
  refusal(endpoint: string): string | undefined {
    return refusedRegistration(endpoint, this.options);
  }

  /** Makes a call to an endpoint that is not refused. @throws as `CallSigner.call`, and what undici throws. */
  async call(target: SignedTarget, call: ContainerCall, limitMs: number): Promise<CallReply> {
    const {secure, signer} = this.options;
    const {method, path, body} = call;
    const url = `${urlOfEndpoint(target.endpoint, secure)}${path}`;
    const signal = AbortSignal.timeout(limitMs);
    // No secret ever: whoever may write to the store chooses where this goes.
    const send = async (signature: Record<string, string>): Promise<CallReply> => {
      const base = {method, dispatcher: this.agent, signal};
      if (method === 'GET') return callReply(await request(url, {...base, headers: signature}));
      const headers = {'content-type': 'application/json', ...signature};
      return callReply(await request(url, {...base, headers, body}));
    };
    return signer === undefined ? send({}) : signer.call(target, call, send);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}
