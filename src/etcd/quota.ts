/** etcd's quota. Only its metrics say it in every version that we run on, and they need no rights of a user. */
import {get as getPlain} from 'node:http';
import type {IncomingMessage} from 'node:http';
import {get as getSecure} from 'node:https';
import type {EtcdOptions} from './connection.ts';
import {revealed} from '../model/hidden-text.ts';
import {ATTEMPT_LIMIT_MS, METRICS_LIMIT_BYTES} from './limits.ts';

const QUOTA = /^etcd_server_quota_backend_bytes (\S+)$/m;

/** Bytes; 0 where this member does not say it: its metrics may be served elsewhere, or it may be another store. */
export async function quotaBytes(endpoint: string, tls: EtcdOptions['tls']): Promise<number> {
  try {
    const [, quota = '0'] = QUOTA.exec(await metrics(endpoint, tls)) ?? [];
    const bytes = Number(quota);
    return bytes > 0 ? bytes : 0;
  } catch {
    return 0;
  }
}

function metrics(endpoint: string, tls: EtcdOptions['tls']): Promise<string> {
  const isSecure = tls !== undefined || endpoint.startsWith('https:');
  const bare = endpoint.replace(/^https?:\/\//, '');
  const url = `${isSecure ? 'https' : 'http'}://${bare}/metrics`;
  const {key, ...shown} = tls ?? {};
  const options = {
    ...{agent: false as const, signal: AbortSignal.timeout(ATTEMPT_LIMIT_MS), ...shown},
    ...(key === undefined ? {} : {key: Buffer.isBuffer(key) ? key : revealed(key)}),
  };
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage): void => void textOf(answer).then(resolve, reject);
    const asked = isSecure ? getSecure(url, options, take) : getPlain(url, options, take);
    asked.once('error', reject);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > METRICS_LIMIT_BYTES) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
