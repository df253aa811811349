/** Sends hints to containers over kept-alive connections. A lost hint is repeated by the governor; nothing is retried here. */
import {request} from 'undici';
import type {Dispatcher} from 'undici';
import {HINTS_PER_CALL} from '../../governor/hints.ts';
import type {HintBatch, HintItem} from '../../governor/hints.ts';
import type {Logger} from '../../runtime/logger.ts';
import {HINT_PATHS, HINT_RECORD_LIMIT_BYTES} from '../../protocol/hints.ts';
import type {HintItem as WireItem} from '../../protocol/hints.ts';
import {encodeRecord} from '../../protocol/records.ts';
import {CALL_TIMEOUT_MS, containerAgent} from './container-agent.ts';
import {refusedEndpoint} from './endpoint-policy.ts';

const CONNECTIONS_PER_CONTAINER = 2;

export interface HintSenderOptions {
  readonly logger: Logger;
  /** Loopback endpoints are only believed by a daemon that is itself on loopback. */
  readonly allowLoopback: boolean;
  /** Bearer token for those who are called, if any, as of now. */
  readonly token?: () => string | undefined;
  /** Speak TLS. Default false. */
  readonly secure?: boolean;
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
      options.dispatcher ?? containerAgent(CONNECTIONS_PER_CONTAINER, options.allowLoopback);
  }

  /** One call at a time to an incarnation; what comes meanwhile waits, newest word per shard, and goes together. */
  send(app: string, batch: HintBatch): void {
    const refused = refusedEndpoint(batch.endpoint, this.options.allowLoopback);
    if (refused !== undefined) {
      this.options.logger.warn(
        {app, container: batch.container, endpoint: batch.endpoint, refused},
        'endpoint refused: no hints sent',
      );
      return;
    }
    const line = this.lines.get(batch.incarnation);
    if (line === undefined) {
      this.lines.set(batch.incarnation, new Map());
      void this.deliver(app, batch);
      return;
    }
    for (const item of batch.items) line.set(item.shard, item);
  }

  private async deliver(app: string, first: HintBatch): Promise<void> {
    let batch: HintBatch | undefined = first;
    while (batch !== undefined) {
      try {
        await this.post(app, batch);
      } catch (error) {
        const {container} = batch;
        this.options.logger.debug({app, container, error: String(error)}, 'hint not delivered');
      }
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

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async post(app: string, {endpoint, incarnation, items}: HintBatch): Promise<void> {
    const {secure} = this.options;
    const token = this.options.token?.();
    const reply = await request(
      `${secure === true ? 'https' : 'http'}://${endpoint}${HINT_PATHS.hints}`,
      {
        method: 'POST',
        dispatcher: this.agent,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : {authorization: `Bearer ${token}`}),
        },
        body: JSON.stringify({app, incarnation, items: items.map(wireItem)}),
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      },
    );
    await reply.body.dump();
  }
}

/** The record goes along as it is stored, for the container's store compares it to the letter. */
export function wireItem({shard, op, revision, record}: HintItem): WireItem {
  const item = {shard, op, revision};
  if (record === undefined) return item;
  const text = encodeRecord(record);
  return Buffer.byteLength(text) > HINT_RECORD_LIMIT_BYTES ? item : {...item, record: text};
}
