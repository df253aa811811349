/** Signs the calls of a daemon to containers, and looks whether the answer comes from one that knows the key. Every such call goes through here. */
import type {Dispatcher} from 'undici';
import type {Keys} from '../../etcd/keys.ts';
import {SmError} from '../../model/errors.ts';
import {decodeCallKeys, encodeCallKeys} from '../../protocol/call-keys.ts';
import {
  SIGNATURE_HEADER,
  newCallKey,
  parseSignature,
  signCall,
  verifiesAnswer,
} from '../../protocol/call-signature.ts';
import type {CallKey, SignedCall} from '../../protocol/call-signature.ts';
import {jsonIn} from '../../protocol/foreign-json.ts';
import type {Clock} from '../../runtime/clock.ts';
import {liveSpecMod, specUnchanged} from '../../store/app-spec-guard.ts';
import {unchanged} from '../../store/compares.ts';
import type {Store} from '../../store/port.ts';
import {
  CALL_KEY_AGE_MS,
  CALL_KEYS_KEPT_MS,
  CALL_KEYS_RETRY_MS,
  CLOCKS_KNOWN_LIMIT,
} from './limits.ts';

/** What came back. */
export interface CallReply {
  readonly status: number;
  readonly text: string;
  /** Of the answer; undefined without one. */
  readonly signature: string | undefined;
}

export interface SignedTarget {
  readonly app: string;
  readonly endpoint: string;
}

interface Known {
  readonly readAtMs: number;
  /** The last key that could be read; undefined: the app is not there, or the store was away. */
  readonly key: Promise<CallKey | undefined>;
  /** The key is looked up again then. */
  untilMs: number;
}

export class CallSigner {
  private readonly options: {readonly store: Store; readonly keys: Keys; readonly clock: Clock};
  private readonly known = new Map<string, Known>();
  /** By how much the clock of an endpoint is ahead, ms: a wrong clock is a warning of `sm doctor` and no reason to be deaf. */
  private readonly aheadMs = new Map<string, number>();

  constructor(options: CallSigner['options']) {
    this.options = options;
  }

  /**
   * Makes one call. Where it is refused, a second one: by the callee's clock, or with the key that the app has by now.
   * @throws SmError UNAUTHENTICATED when the answer is signed, and not by who knows the key; whatever `send` throws.
   */
  async call(
    {app, endpoint}: SignedTarget,
    call: SignedCall,
    send: (headers: Record<string, string>) => Promise<CallReply>,
  ): Promise<CallReply> {
    const key = await this.keyOf(app);
    const first = await this.once(key, endpoint, call, send);
    if (first.status !== 401) return first;
    const byItsClock = this.noteClock(endpoint, first.text);
    this.doubt(app);
    const newer = await this.keyOf(app);
    if (newer === undefined || (newer.id === key?.id && !byItsClock)) return first;
    return this.once(newer, endpoint, call, send);
  }

  private async once(
    key: CallKey | undefined,
    endpoint: string,
    call: SignedCall,
    send: (headers: Record<string, string>) => Promise<CallReply>,
  ): Promise<CallReply> {
    if (key === undefined) return send({});
    const atMs = Math.round(this.options.clock.wallMs() + (this.aheadMs.get(endpoint) ?? 0));
    const header = signCall(key, call, atMs);
    const reply = await send({[SIGNATURE_HEADER]: header});
    refuseImpostor(key, header, reply);
    return reply;
  }

  private noteClock(endpoint: string, text: string): boolean {
    const atMs = timeIn(text);
    if (atMs === undefined) return false;
    this.aheadMs.delete(endpoint);
    this.aheadMs.set(endpoint, atMs - this.options.clock.wallMs());
    const [oldest] = this.aheadMs.keys();
    if (this.aheadMs.size > CLOCKS_KNOWN_LIMIT && oldest !== undefined) this.aheadMs.delete(oldest);
    return true;
  }

  private keyOf(app: string): Promise<CallKey | undefined> {
    const nowMs = this.options.clock.nowMs();
    const before = this.known.get(app);
    if (before !== undefined && before.untilMs > nowMs) return before.key;
    // While the store is away the key of before is as good.
    const key = this.current(app).catch(() => before?.key);
    const known: Known = {readAtMs: nowMs, untilMs: nowMs + CALL_KEYS_KEPT_MS, key};
    // The store was away, or the spec changed just then.
    void key.then((found) => found ?? this.doubt(app));
    this.known.set(app, known);
    return known.key;
  }

  /** The key may be that of an app of before. However many calls are refused, the store is read once in a while. */
  private doubt(app: string): void {
    const known = this.known.get(app);
    if (known !== undefined)
      known.untilMs = Math.min(known.untilMs, known.readAtMs + CALL_KEYS_RETRY_MS);
  }

  /** The newest key of the app; made where there is none, replaced where it is old. Undefined for an app that is not there. */
  private async current(app: string): Promise<CallKey | undefined> {
    const {store, keys, clock} = this.options;
    const key = keys.callKeys(app);
    const {entries} = await store.getMany([keys.appSpec(app), key]);
    const [spec, entry] = entries;
    const present = decodeCallKeys(entry?.value);
    const [newest] = present;
    // One from far ahead was made by a clock that was wrong: it would never grow old.
    if (newest !== undefined && Math.abs(clock.wallMs() - newest.createdMs) < CALL_KEY_AGE_MS)
      return newest;
    const specMod = liveSpecMod(spec);
    if (specMod === undefined) return newest;
    const made = newCallKey(clock.wallMs());
    // Two are valid, so that calls under way, and containers that have not looked, go on.
    const value = encodeCallKeys(newest === undefined ? [made] : [made, newest]);
    const outcome = await store.transact({
      compares: [unchanged(key, entry), specUnchanged(keys, app, specMod)],
      then: [{op: 'put', key, value}],
    });
    if (outcome.kind === 'committed') return made;
    const again = await store.get(key);
    return decodeCallKeys(again.entry?.value)[0];
  }
}

/** A container of before does not sign its answers. */
function refuseImpostor(key: CallKey, header: string, {status, text, signature}: CallReply): void {
  const call = parseSignature(header);
  if (signature === undefined || call === undefined) return;
  if (verifiesAnswer(key, call, {status, body: text, header: signature})) return;
  throw new SmError(
    'UNAUTHENTICATED',
    'the answer has a wrong signature: another process listens at that address',
  );
}

function timeIn(text: string): number | undefined {
  const {atMs} = (jsonIn(text) ?? {}) as {atMs?: unknown};
  return typeof atMs === 'number' && Number.isFinite(atMs) ? atMs : undefined;
}

/** What is looked at of an answer. */
export async function callReply({
  statusCode,
  headers,
  body,
}: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>): Promise<CallReply> {
  const signature = headers[SIGNATURE_HEADER];
  const text = await body.text();
  return {
    status: statusCode,
    text,
    signature: typeof signature === 'string' ? signature : undefined,
  };
}
