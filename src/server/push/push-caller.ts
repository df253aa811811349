/** HTTP calls to push containers: add-shard, drop-shard and whether somebody listens. Nothing is retried here. */
import {request} from 'undici';
import type {Agent} from 'undici';
import {HINT_PATHS} from '../../protocol/hints.ts';
import {containerAgent} from '../contact/container-agent.ts';
import type {Contact} from '../../model/contact.ts';
import {refusedPlain} from '../contact/endpoint-policy.ts';
import type {EndpointRules} from '../contact/endpoint-policy.ts';
import {CALLS_PER_CONTAINER, MESSAGE_LIMIT} from './limits.ts';
import {CALL_TIMEOUT_MS} from '../contact/limits.ts';

export type CallAnswer =
  | {readonly kind: 'accepted'}
  | {readonly kind: 'refused'; readonly message: string}
  | {readonly kind: 'unreachable'; readonly message: string};

export class PushCaller {
  private readonly rules: EndpointRules;
  private readonly agent: Agent;

  constructor(rules: EndpointRules) {
    this.rules = rules;
    const {allowLoopback, networks} = rules;
    this.agent = containerAgent(CALLS_PER_CONTAINER, allowLoopback, {networks});
  }

  /** The container's id is its endpoint. */
  call(container: string, op: 'add' | 'drop', body: string): Promise<CallAnswer> {
    const path = op === 'add' ? HINT_PATHS.addShard : HINT_PATHS.dropShard;
    return this.send(container, 'POST', path, body);
  }

  /** Whether anything answers there, whatever it says. */
  async contact(container: string): Promise<Contact> {
    const answer = await this.send(container, 'HEAD', HINT_PATHS.addShard, undefined);
    return answer.kind === 'unreachable'
      ? {reached: false, cause: answer.message}
      : {reached: true};
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async send(
    container: string,
    method: 'POST' | 'HEAD',
    path: string,
    body: string | undefined,
  ): Promise<CallAnswer> {
    const refused = refusedPlain(container, this.rules);
    if (refused !== undefined) return {kind: 'unreachable', message: `not called: ${refused}`};
    try {
      const reply = await request(`http://${container}${path}`, {
        method,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
        ...(body === undefined ? {} : {headers: {'content-type': 'application/json'}, body}),
      });
      // The status has said it all: a body that is too large, or does not end, must not make it a call without an answer.
      if (reply.statusCode === 200) {
        void reply.body.dump().catch(() => undefined);
        return {kind: 'accepted'};
      }
      const reason = await reply.body.text().then(saidReason, () => UNREADABLE_BODY);
      return {kind: 'refused', message: `HTTP ${reply.statusCode}${reason}`};
    } catch (error) {
      const late = error instanceof Error && error.name === 'TimeoutError';
      const message = late
        ? `no answer within ${CALL_TIMEOUT_MS / 1_000} s`
        : printable(String(error));
      return {kind: 'unreachable', message};
    }
  }
}

const UNREADABLE_BODY = ', with a body that could not be read';

/**
 * The reason that a container gives in the form of its protocol, `{msg}` or `{error}`. Anything else is not repeated: whoever registers an address
 * would read here what stands there.
 */
function saidReason(text: string): string {
  try {
    const {msg, error} = JSON.parse(text) as {msg?: unknown; error?: unknown};
    const said = typeof msg === 'string' ? msg : error;
    if (typeof said === 'string') return `: ${printable(said)}`;
  } catch {
    // Not of the protocol.
  }
  return text === '' ? '' : `, with ${text.length} characters that are not of the protocol`;
}

/** Foreign text ends in records and on terminals: no control characters, not much of it. */
function printable(text: string): string {
  return text
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ')
    .trim()
    .slice(0, MESSAGE_LIMIT);
}
