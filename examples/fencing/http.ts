/**
 * Fencing over HTTP: the owner sends its token in a header, the resource keeps the highest token it has seen for each shard and refuses
 * older ones with 412.
 */
import type {IncomingMessage} from 'node:http';

export const TOKEN_HEADER = 'fencing-token';
const TOKEN_PATTERN = /^\d{19}\.\d{19}$/;

/** A `Shard` of the SDK fits. */
export interface Fenced {
  readonly id: string;
  readonly token: string;
}

/** A newer owner has written its token: stop working for the shard. */
export class StaleTokenError extends Error {}

/**
 * The resource's side. Keep what it knows where the data is, and write both in one step: a resource that forgets its tokens
 * at a restart lets an old owner in again.
 */
export class TokenCheck {
  private readonly highest = new Map<string, string>();

  /**
   * HTTP status with which to refuse the request; undefined: let it through. Ask once the whole request has come, and write with
   * nothing awaited in between: a body may come long after its headers, and a newer owner before it.
   */
  refusal(shard: string, request: IncomingMessage): 400 | 412 | undefined {
    const token = request.headers[TOKEN_HEADER];
    if (typeof token !== 'string' || !TOKEN_PATTERN.test(token)) return 400;
    const known = this.highest.get(shard);
    // Tokens have a fixed width: the order of the texts is the order of the tokens.
    if (known !== undefined && token < known) return 412;
    this.highest.set(shard, token);
    return undefined;
  }
}

/** The owner's side. Its first request, in `add` and before anything is loaded, makes every older owner harmless. @throws StaleTokenError. */
export async function put(url: string, shard: Fenced, body: string): Promise<void> {
  const headers = {[TOKEN_HEADER]: shard.token, 'content-type': 'text/plain'};
  const reply = await fetch(url, {method: 'PUT', headers, body});
  if (reply.status === 412)
    throw new StaleTokenError(`shard ${shard.id} has a newer owner than ${shard.token}`);
  if (!reply.ok) throw new Error(`the resource answers ${reply.status}`);
}
