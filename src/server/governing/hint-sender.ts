/** Sends hints to containers over kept-alive connections. A lost hint is repeated by the governor; nothing is retried here. */
import type {ContainerCall, HintBatch, HintItem} from '../../governor/hints.ts';
import type {Logger} from '../../runtime/logger.ts';
import {HINT_PATHS, hintsAnswer} from '../../protocol/hints.ts';
import type {HintItem as WireItem} from '../../protocol/hints.ts';
import {jsonIn} from '../../protocol/foreign-json.ts';
import {encodeRecord} from '../../protocol/records.ts';
import {ContainerCaller} from '../contact/container-caller.ts';
import type {ContainerCallerOptions} from '../contact/container-caller.ts';
import {failureOf, failureOfStatus} from '../contact/contact.ts';
import type {Contact} from '../../model/contact.ts';
import {HINT_RECORD_LIMIT_BYTES} from '../../protocol/limits.ts';
import {CALL_LIMIT_MS, CONNECTIONS_PER_CONTAINER, HINT_LIMIT_MS} from './limits.ts';
import {HINTS_PER_CALL} from '../../governor/limits.ts';

/** Of revision 0: older than any record, so whoever gets it has nothing to look at. */
const NO_HINT: WireItem = {shard: 'reachable', op: 'add', revision: 0};

/** Is given how each call with hints has ended. */
export type OnContact = (contact: Contact) => void;

export interface HintSenderOptions extends ContainerCallerOptions {
  readonly logger: Logger;
}

export class HintSender {
  private readonly logger: Logger;
  /** Incarnations a call is under way to, with what waits for its end. */
  private readonly lines = new Map<string, Map<string, HintItem>>();
  private readonly caller: ContainerCaller;

  constructor(options: HintSenderOptions) {
    this.logger = options.logger;
    this.caller = new ContainerCaller(options, CONNECTIONS_PER_CONTAINER);
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
      const {container} = batch;
      const contact = await this.post(app, batch, batch.items.map(wireItem), HINT_LIMIT_MS);
      onContact(contact);
      if (!contact.reached)
        this.logger.debug({app, container, error: contact.cause}, 'hint not delivered');
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

  close(): Promise<void> {
    return this.caller.close();
  }

  private refusal(endpoint: string): Contact | undefined {
    const refused = this.caller.refusal(endpoint);
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
      const body = JSON.stringify({app, incarnation, items});
      const call = {method: 'POST', path: HINT_PATHS.hints, body} as const;
      const reply = await this.caller.call({app, endpoint}, call, limitMs);
      if (reply.status !== 202) return {reached: false, ...failureOfStatus(reply.status)};
      const parsed = hintsAnswer.safeParse(jsonIn(reply.text));
      if (!parsed.success || parsed.data.accepted === 0)
        return {reached: false, cause: 'another process answers there'};
      const {atMs} = parsed.data;
      return {reached: true, ...(atMs === undefined ? {} : {atMs})};
    } catch (error) {
      return {reached: false, ...failureOf(error)};
    }
  }
}

/** The record goes along as it is stored, for the container's store compares it to the letter. */
export function wireItem({shard, op, revision, record}: HintItem): WireItem {
  const item = {shard, op, revision};
  if (record === undefined) return item;
  const text = encodeRecord(record);
  return Buffer.byteLength(text) > HINT_RECORD_LIMIT_BYTES ? item : {...item, record: text};
}
