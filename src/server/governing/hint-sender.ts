/** Sends hints to containers over kept-alive connections. A lost hint is repeated by the governor; nothing is retried here. */
import {request} from 'undici';
import type {Dispatcher} from 'undici';
import type {ContainerCall} from '../../governor/actions.ts';
import {HINTS_PER_CALL} from '../../governor/hints.ts';
import type {HintBatch, HintItem} from '../../governor/hints.ts';
import type {Logger} from '../../runtime/logger.ts';
import {HINT_PATHS, hintsAnswer} from '../../protocol/hints.ts';
import type {HintItem as WireItem} from '../../protocol/hints.ts';
import {encodeRecord} from '../../protocol/records.ts';
import {containerAgent} from '../contact/container-agent.ts';
import {refusedEndpoint} from '../contact/endpoint-policy.ts';
import {HINT_RECORD_LIMIT_BYTES} from '../../protocol/limits.ts';
import {CALL_LIMIT_MS, CONNECTIONS_PER_CONTAINER, HINT_LIMIT_MS} from './limits.ts';

/** Of revision 0: older than any record, so whoever gets it has nothing to look at. */
const NO_HINT: WireItem = {shard: 'reachable', op: 'add', revision: 0};

export interface HintSenderOptions {
  readonly logger: Logger;
  /** Loopback endpoints are only believed by a daemon that is itself on loopback. */
  readonly allowLoopback: boolean;
  /** Speak TLS. Default false. */
  readonly secure?: boolean;
  /** Who signed the certificates of those who are called, as of now; undefined: one that the system knows. */
  readonly authority?: () => Buffer | undefined;
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
        ...(options.authority === undefined ? {} : {authority: options.authority}),
      });
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

  /** Whether the incarnation can be called. Never fails; takes at most `CALL_LIMIT_MS`. */
  async reaches(app: string, {endpoint, incarnation}: ContainerCall): Promise<boolean> {
    if (refusedEndpoint(endpoint, this.options.allowLoopback) !== undefined) return false;
    try {
      const reply = await this.request(app, endpoint, incarnation, [NO_HINT], CALL_LIMIT_MS);
      const parsed = hintsAnswer.safeParse(await reply.body.json());
      return reply.statusCode === 202 && parsed.success && parsed.data.accepted > 0;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async post(app: string, {endpoint, incarnation, items}: HintBatch): Promise<void> {
    const wired = items.map(wireItem);
    const reply = await this.request(app, endpoint, incarnation, wired, HINT_LIMIT_MS);
    await reply.body.dump();
  }

  private request(
    app: string,
    endpoint: string,
    incarnation: string,
    items: readonly WireItem[],
    limitMs: number,
  ): Promise<Dispatcher.ResponseData> {
    const {secure} = this.options;
    return request(`${secure === true ? 'https' : 'http'}://${endpoint}${HINT_PATHS.hints}`, {
      method: 'POST',
      dispatcher: this.agent,
      // No secret ever: whoever may write to the store chooses where this goes.
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({app, incarnation, items}),
      signal: AbortSignal.timeout(limitMs),
    });
  }
}

/** The record goes along as it is stored, for the container's store compares it to the letter. */
export function wireItem({shard, op, revision, record}: HintItem): WireItem {
  const item = {shard, op, revision};
  if (record === undefined) return item;
  const text = encodeRecord(record);
  return Buffer.byteLength(text) > HINT_RECORD_LIMIT_BYTES ? item : {...item, record: text};
}
