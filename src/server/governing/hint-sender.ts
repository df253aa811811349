/** Sends hints to containers over kept-alive connections. A lost hint is repeated by the governor; nothing is retried here. */
import {request} from 'undici';
import type {Dispatcher} from 'undici';
import type {ContainerCall} from '../../governor/actions.ts';
import type {HintBatch, HintItem} from '../../governor/hints.ts';
import type {Logger} from '../../runtime/logger.ts';
import {HINT_PATHS, hintsAnswer} from '../../protocol/hints.ts';
import type {HintItem as WireItem} from '../../protocol/hints.ts';
import {encodeRecord} from '../../protocol/records.ts';
import {callReply} from '../contact/call-signer.ts';
import type {CallReply, CallSigner} from '../contact/call-signer.ts';
import {containerAgent} from '../contact/container-agent.ts';
import type {CallTls} from '../contact/container-agent.ts';
import {failureOf, failureOfStatus} from '../contact/contact.ts';
import type {Contact} from '../../model/contact.ts';
import {refusedRegistration, urlOfEndpoint} from '../contact/endpoint-policy.ts';
import type {EndpointRules} from '../contact/endpoint-policy.ts';
import {HINT_RECORD_LIMIT_BYTES} from '../../protocol/limits.ts';
import {CALL_LIMIT_MS, CONNECTIONS_PER_CONTAINER, HINT_LIMIT_MS} from './limits.ts';
import {HINTS_PER_CALL} from '../../governor/limits.ts';

/** Of revision 0: older than any record, so whoever gets it has nothing to look at. */
const NO_HINT: WireItem = {shard: 'reachable', op: 'add', revision: 0};

/** Is given how each call with hints has ended. */
export type OnContact = (contact: Contact) => void;

export interface HintSenderOptions extends EndpointRules {
  readonly logger: Logger;
  /** Speak TLS with endpoints that name no scheme. Default false. */
  readonly secure?: boolean;
  /** What is trusted and shown where TLS is spoken, as of now. Default: the system's authorities, and nothing. */
  readonly tls?: () => CallTls;
  /** Signs the calls. Absent: they are not signed, as among daemons. */
  readonly signer?: CallSigner | undefined;
  /** Carries the calls. Default: kept-alive connections. */
  readonly dispatcher?: Dispatcher;
}

export class HintSender {
  private readonly options: HintSenderOptions;
  /** Incarnations a call is under way to, with what waits for its end. */
  private readonly lines = new Map<string, Map<string, HintItem>>();
  private readonly agent: Dispatcher;

  constructor(options: HintSenderOptions) {
    this.options = options;
    this.agent =
      options.dispatcher ??
      containerAgent(CONNECTIONS_PER_CONTAINER, options.allowLoopback, {
        networks: options.networks,
        tls: options.tls,
      });
  }

  /** One call at a time to an incarnation; what comes meanwhile waits, newest word per shard, and goes together. */
  send(app: string, batch: HintBatch, onContact: OnContact = () => undefined): void {
    const refused = this.refusal(batch.endpoint);
    if (refused !== undefined) return onContact(refused);
    const line = this.lines.get(batch.incarnation);
    if (line === undefined) {
      this.lines.set(batch.incarnation, new Map());
      void this.deliver(app, batch, onContact);
      return;
    }
    for (const item of batch.items) line.set(item.shard, item);
  }

  private async deliver(app: string, first: HintBatch, onContact: OnContact): Promise<void> {
    let batch: HintBatch | undefined = first;
    while (batch !== undefined) {
      const {endpoint, incarnation, items, container} = batch;
      const contact = await this.post(
        app,
        {endpoint, incarnation},
        items.map(wireItem),
        HINT_LIMIT_MS,
      );
      onContact(contact);
      if (!contact.reached)
        this.options.logger.debug({app, container, error: contact.cause}, 'hint not delivered');
      batch = this.nextOf(batch);
    }
    this.lines.delete(first.incarnation);
  }

  /** What has gathered in the line since the last call. */
  private nextOf(batch: HintBatch): HintBatch | undefined {
    const line = this.lines.get(batch.incarnation);
    if (line === undefined || line.size === 0) return undefined;
    const items: HintItem[] = [];
    for (const item of line.values()) {
      items.push(item);
      if (items.length === HINTS_PER_CALL) break;
    }
    for (const {shard} of items) line.delete(shard);
    return {...batch, items};
  }

  /** Whether the incarnation can be called. Never fails; takes at most `CALL_LIMIT_MS`. */
  async contact(app: string, target: ContainerCall): Promise<Contact> {
    return this.refusal(target.endpoint) ?? this.post(app, target, [NO_HINT], CALL_LIMIT_MS);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private refusal(endpoint: string): Contact | undefined {
    const refused = refusedRegistration(endpoint, this.options);
    return refused === undefined
      ? undefined
      : {reached: false, cause: `the daemon does not call this address: ${refused}`};
  }

  private async post(
    app: string,
    {endpoint, incarnation}: Pick<ContainerCall, 'endpoint' | 'incarnation'>,
    items: readonly WireItem[],
    limitMs: number,
  ): Promise<Contact> {
    try {
      const reply = await this.request(app, endpoint, incarnation, items, limitMs);
      if (reply.status !== 202) return {reached: false, ...failureOfStatus(reply.status)};
      const parsed = hintsAnswer.safeParse(jsonOf(reply.text));
      if (!parsed.success || parsed.data.accepted === 0)
        return {reached: false, cause: 'another process answers there'};
      const {atMs} = parsed.data;
      return {reached: true, ...(atMs === undefined ? {} : {atMs})};
    } catch (error) {
      return {reached: false, ...failureOf(error)};
    }
  }

  private async request(
    app: string,
    endpoint: string,
    incarnation: string,
    items: readonly WireItem[],
    limitMs: number,
  ): Promise<CallReply> {
    const {secure, signer} = this.options;
    const call = {
      method: 'POST',
      path: HINT_PATHS.hints,
      body: JSON.stringify({app, incarnation, items}),
    } as const;
    const signal = AbortSignal.timeout(limitMs);
    // No secret ever: whoever may write to the store chooses where this goes.
    const send = async (headers: Record<string, string>): Promise<CallReply> => {
      const reply = await request(`${urlOfEndpoint(endpoint, secure)}${call.path}`, {
        ...{method: call.method, dispatcher: this.agent, body: call.body, signal},
        headers: {'content-type': 'application/json', ...headers},
      });
      return callReply(reply);
    };
    return signer === undefined ? send({}) : signer.call({app, endpoint}, call, send);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The record goes along as it is stored, for the container's store compares it to the letter. */
export function wireItem({shard, op, revision, record}: HintItem): WireItem {
  const item = {shard, op, revision};
  if (record === undefined) return item;
  const text = encodeRecord(record);
  return Buffer.byteLength(text) > HINT_RECORD_LIMIT_BYTES ? item : {...item, record: text};
}
