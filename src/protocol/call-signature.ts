/**
 * Signatures of calls between a daemon and a container. Both read the keys of the app in its store; none ever goes over the wire. What is signed:
 * method, path with query, body, time and a number that is used once. The answer is signed with what the call was signed with.
 */
import {HiddenText} from '../model/hidden-text.ts';
import {createHash, createHmac, randomBytes, timingSafeEqual} from 'node:crypto';
import {CALL_KEY_BYTES, CALL_WINDOW_MS} from './limits.ts';

/** Header of calls and answers. */
export const SIGNATURE_HEADER = 'x-sm-signature';

/** One key of an app. */
export interface CallKey {
  /** Names it in a signature. */
  readonly id: string;
  /** 32 bytes, base64url. */
  readonly secret: HiddenText;
  /** Unix time in ms. */
  readonly createdMs: number;
}

export interface SignedCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string | Buffer;
}

/** A signature taken apart; nothing of it is proved. */
export interface Signature {
  readonly keyId: string;
  /** Time of the callee's clock, as the caller knows it, Unix ms. */
  readonly atMs: number;
  readonly nonce: string;
  readonly mac: Buffer;
}

const FORM = /^v1 ([A-Za-z0-9_-]{1,32}) (\d{1,16}) ([A-Za-z0-9_-]{16}) ([A-Za-z0-9_-]{43})$/;

export function newCallKey(createdMs: number): CallKey {
  const bytes = (count: number): string => randomBytes(count).toString('base64url');
  return {id: bytes(9), secret: new HiddenText(bytes(CALL_KEY_BYTES)), createdMs};
}

/** The value of the header. */
export function signCall(key: CallKey, call: SignedCall, atMs: number): string {
  const nonce = randomBytes(12).toString('base64url');
  const mac = macOf(key, call, atMs, nonce).toString('base64url');
  return `v1 ${key.id} ${atMs} ${nonce} ${mac}`;
}

/** Undefined for what is not a signature. */
export function parseSignature(header: string | undefined): Signature | undefined {
  const [, keyId = '', at = '', nonce = '', mac = ''] = FORM.exec(header ?? '') ?? [];
  if (mac === '') return undefined;
  return {keyId, atMs: Number(at), nonce, mac: Buffer.from(mac, 'base64url')};
}

/** Whether the time is near enough to now. What is older could have been overheard. */
export function isTimely({atMs}: Signature, nowMs: number): boolean {
  return Math.abs(atMs - nowMs) <= CALL_WINDOW_MS;
}

/** Takes the same time whatever differs. */
export function verifiesCall(key: CallKey, call: SignedCall, signature: Signature): boolean {
  const {atMs, nonce, mac} = signature;
  return timingSafeEqual(macOf(key, call, atMs, nonce), mac);
}

/** Header of an answer to a signed call: it proves that who answers knows the key, and has seen this very call. */
export function signAnswer(key: CallKey, call: Signature, status: number, body: string): string {
  return answerMac(key, call, status, body).toString('base64url');
}

export function verifiesAnswer(
  key: CallKey,
  call: Signature,
  answer: {readonly status: number; readonly body: string; readonly header: string},
): boolean {
  const given = Buffer.from(answer.header, 'base64url');
  const wanted = answerMac(key, call, answer.status, answer.body);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function macOf(
  key: CallKey,
  {method, path, body}: SignedCall,
  atMs: number,
  nonce: string,
): Buffer {
  return macOfLines(key, ['sm call v1', method, path, digestOf(body), String(atMs), nonce]);
}

function answerMac(key: CallKey, call: Signature, status: number, body: string): Buffer {
  const lines = ['sm answer v1', call.nonce, String(call.atMs), String(status), digestOf(body)];
  return macOfLines(key, lines);
}

function digestOf(body: string | Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function macOfLines({secret}: CallKey, lines: readonly string[]): Buffer {
  const bytes = Buffer.from(secret.reveal(), 'base64url');
  return createHmac('sha256', bytes).update(lines.join('\n')).digest();
}
