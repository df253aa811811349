/**
 * Who may call the hint receiver, checked before anything of a call is parsed. A signed call is let through to the containers whose app has that key.
 * One without a signature is for containers that take it still, and limited by address: what is made up costs next to nothing.
 */
import type {IncomingMessage} from 'node:http';
import {isIP} from 'node:net';
import {SmError} from '../model/errors.ts';
import {
  SIGNATURE_HEADER,
  isTimely,
  parseSignature,
  signAnswer,
  verifiesCall,
} from '../protocol/call-signature.ts';
import type {CallKey, Signature} from '../protocol/call-signature.ts';
import {HINTS_BODY_LIMIT_BYTES, HINT_PATHS} from '../protocol/hints.ts';
import {CALL_WINDOW_MS} from '../protocol/limits.ts';
import {CallBuckets} from '../runtime/call-buckets.ts';
import type {CallKeyring} from './call-keyring.ts';
import {
  ADDRESSES_KNOWN_LIMIT,
  CALLS_REMEMBERED_LIMIT,
  UNSIGNED_CALLS_AT_ONCE,
  UNSIGNED_CALLS_PER_SECOND,
  UNSIGNED_SHARDS_AT_ONCE,
  UNSIGNED_SHARDS_PER_SECOND,
} from './limits.ts';

/** What the gate asks of a container. */
export interface GateTarget {
  readonly app: string;
  /** host:port at which daemons call it; '' while it is not known. */
  readonly endpoint?: string;
  /** Absent: everybody may call. */
  readonly keyring?: CallKeyring | undefined;
}

export interface Admitted<Target> {
  readonly targets: readonly Target[];
  readonly body: Buffer;
  readonly signed: boolean;
  /** Value of the header of the answer; undefined for a call that was not signed. */
  readonly signAnswer: (status: number, body: string) => string | undefined;
}

export class CallGate {
  readonly #nowMs: () => number;
  readonly #wallMs: () => number;
  readonly #unproved = new CallBuckets({
    burst: UNSIGNED_CALLS_AT_ONCE,
    refillMs: 1_000 / UNSIGNED_CALLS_PER_SECOND,
    callers: ADDRESSES_KNOWN_LIMIT,
  });
  readonly #shards = new CallBuckets({
    burst: UNSIGNED_SHARDS_AT_ONCE,
    refillMs: 1_000 / UNSIGNED_SHARDS_PER_SECOND,
    callers: 1,
  });
  /** Numbers of signed calls, with when they may be forgotten, oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(nowMs = (): number => performance.now(), wallMs = (): number => Date.now()) {
    this.#nowMs = nowMs;
    this.#wallMs = wallMs;
  }

  /** @throws SmError FORBIDDEN, UNAUTHENTICATED, RATE_LIMITED, UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE. */
  async admit<Target extends GateTarget>(
    request: IncomingMessage,
    path: string,
    targets: ReadonlySet<Target>,
  ): Promise<Admitted<Target>> {
    refuseForeign(request, targets);
    const address = request.socket.remoteAddress ?? '';
    const signature = parseSignature(headerOf(request, SIGNATURE_HEADER));
    if (this.#unproved.freeInMs(address, this.#nowMs()) > 0 && signature === undefined)
      throw limited();
    const proof = signature && (await keyOf(signature.keyId, targets));
    if (signature === undefined || proof === undefined)
      return this.#unsigned(request, path, address, targets);
    const body = await this.#proved(request, address, signature, proof.key);
    for (const target of proof.targets) target.keyring?.noteSigned();
    const answer = (status: number, text: string): string =>
      signAnswer(proof.key, signature, status, text);
    return {targets: proof.targets, body, signed: true, signAnswer: answer};
  }

  /** Whether one more shard of calls without a signature may be looked at: each could cost a read of the store. */
  takesShard(): boolean {
    return this.#shards.take('', this.#nowMs()).current <= UNSIGNED_SHARDS_AT_ONCE;
  }

  async #unsigned<Target extends GateTarget>(
    request: IncomingMessage,
    path: string,
    address: string,
    targets: ReadonlySet<Target>,
  ): Promise<Admitted<Target>> {
    if (this.#unproved.take(address, this.#nowMs()).current > UNSIGNED_CALLS_AT_ONCE)
      throw limited();
    const open = [...targets].filter(({keyring}) =>
      path === HINT_PATHS.shards
        ? (keyring?.showsToAnybody ?? true)
        : (keyring?.takesUnsignedHints ?? true),
    );
    if (open.length === 0 && targets.size > 0) throw unauthenticated('the call is not signed');
    const body = await readBody(request);
    return {targets: open, body, signed: false, signAnswer: () => undefined};
  }

  /** The body of a call whose signature holds. */
  async #proved(
    request: IncomingMessage,
    address: string,
    signature: Signature,
    key: CallKey,
  ): Promise<Buffer> {
    if (!isTimely(signature, this.#wallMs()))
      throw unauthenticated('the time of the signature is too far from the time of this machine');
    // Not limited: whoever floods from the daemon's address must not shut it out, and who does not know the key does not know its name.
    const body = await readBody(request);
    const call = {method: request.method ?? '', path: request.url ?? '', body};
    if (!verifiesCall(key, call, signature)) {
      this.#unproved.take(address, this.#nowMs());
      throw unauthenticated('the signature is not valid');
    }
    this.#refuseAgain(signature.nonce);
    return body;
  }

  #refuseAgain(nonce: string): void {
    const now = this.#nowMs();
    for (const [old, untilMs] of this.#seen) {
      if (untilMs > now && this.#seen.size < CALLS_REMEMBERED_LIMIT) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(nonce)) throw unauthenticated('the call is a repetition of an earlier one');
    // Of a clock that is ahead: its calls are timely for twice the window.
    this.#seen.set(nonce, now + 2 * CALL_WINDOW_MS);
  }
}

/** The key, and whose it is: all containers of the app that share the receiver, also those that joined before the key was made. */
async function keyOf<Target extends GateTarget>(
  id: string,
  targets: ReadonlySet<Target>,
): Promise<{key: CallKey; targets: Target[]} | undefined> {
  const all = [...targets];
  const app = all.find(({keyring}) => keyring?.known(id) !== undefined)?.app;
  const asked = app === undefined ? all : all.filter((target) => target.app === app);
  const keys = await Promise.all(asked.map(async ({keyring}) => keyring?.find(id)));
  const key = keys.find((found) => found !== undefined);
  if (key === undefined) return undefined;
  return {key, targets: asked.filter((_target, at) => keys[at] !== undefined)};
}

/** A page in somebody's browser sends its origin, and the name by which it knows us. */
function refuseForeign(request: IncomingMessage, targets: ReadonlySet<GateTarget>): void {
  if (request.headers.origin !== undefined)
    throw new SmError('FORBIDDEN', 'calls from web pages are refused');
  const host = hostOf(request.headers.host ?? '');
  const own = [...targets].map(({endpoint = ''}) => hostOf(endpoint));
  if (host !== 'localhost' && isIP(host.replace(/^\[|\]$/g, '')) === 0 && !own.includes(host))
    throw new SmError('FORBIDDEN', 'the Host header names another host');
  if (
    request.method === 'POST' &&
    !/^application\/json *(;|$)/i.test(request.headers['content-type'] ?? '')
  )
    throw new SmError('UNSUPPORTED_MEDIA_TYPE', 'the body must be JSON');
}

function hostOf(address: string): string {
  return address
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/:\d{1,5}$/, '');
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > HINTS_BODY_LIMIT_BYTES)
      throw new SmError('BODY_TOO_LARGE', `body is over ${HINTS_BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function unauthenticated(message: string): SmError {
  return new SmError('UNAUTHENTICATED', message);
}

function limited(): SmError {
  return new SmError('RATE_LIMITED', 'too many calls without a valid signature', {retryable: true});
}
