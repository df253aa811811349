/** Shapes of etcd's gRPC messages as the client package gives them, and their plain forms. */
import {SmError} from '../model/errors.ts';
import type {KeyValue} from '../model/stored.ts';

/** A stored key on the wire; 64-bit numbers are text. */
export interface WireKeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly mod_revision: string;
  readonly create_revision: string;
}

export interface WatchResponse {
  readonly header: {readonly cluster_id: string; readonly revision: string};
  /** Number of the watcher on its stream. */
  readonly watch_id: string;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly events: readonly {readonly type: string; readonly kv: WireKeyValue}[];
}

export interface IDuplexWatchStream {
  on(event: 'data', listener: (response: WatchResponse) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  removeAllListeners(event: 'data'): unknown;
  /** No more data for now: what comes stays with the sender. */
  pause(): unknown;
  resume(): unknown;
  write(request: object): unknown;
  end(): void;
  cancel(): void;
}

/**
 * Ends a stream that is done with. The client package takes an error on a stream that could still be written to, its own cancellation
 * too, for a dead host, and closes every call of that host: so the stream must have ended before it is cancelled.
 */
export function closeStream(stream: {end(): void; cancel(): void}): void {
  stream.end();
  stream.cancel();
}

/** A 64-bit number on the wire as a number. @throws SmError STORE_CORRUPT beyond 2^53: no history here can be that long. */
export function safeRevision(text: string | undefined): number {
  const revision = Number(text ?? '0');
  if (Number.isSafeInteger(revision)) return revision;
  throw new SmError('STORE_CORRUPT', `revision ${String(text)} is beyond 2^53`);
}

export function toKeyValue(kv: WireKeyValue): KeyValue {
  return {
    key: kv.key.toString('utf8'),
    value: kv.value.toString('utf8'),
    mod: safeRevision(kv.mod_revision),
    create: safeRevision(kv.create_revision),
  };
}

/** The end of the range of all keys that begin with these bytes; "\0" (no end) when there is none. */
export function endOfPrefix(prefix: Buffer): Buffer {
  for (let at = prefix.length - 1; at >= 0; at -= 1) {
    const byte = prefix[at] ?? 0;
    if (byte === 0xff) continue;
    const end = Buffer.from(prefix.subarray(0, at + 1));
    end[at] = byte + 1;
    return end;
  }
  return Buffer.from([0]);
}
