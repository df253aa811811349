/** Who the store is: a client that meets another cluster id knows that it is not the store it had. */
import {randomBytes} from 'node:crypto';

export interface Identity {
  /** Unsigned 64 bits, decimal. */
  readonly clusterId: string;
  readonly memberId: string;
}

export function newIdentity(): Identity {
  return {clusterId: randomPositive(), memberId: randomPositive()};
}

/** 1 to 2^63 - 1, decimal: also what a lease id may be. */
export function randomPositive(): string {
  const id = randomBytes(8).readBigUInt64BE() >> 1n;
  return id === 0n ? '1' : id.toString();
}
