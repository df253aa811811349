import {randomBytes} from 'node:crypto';

/** 128 random bits as hex: incarnations and nonces. */
export function randomId(): string {
  return randomBytes(16).toString('hex');
}
