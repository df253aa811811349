/** Requests of etcd's API: good ones as bytes, and what may become of them. */
import type {MethodDefinition} from '@grpc/proto-loader';
import {wire} from '../../src/embedded/wire.ts';
import type {Random} from '../simulation/random.ts';

export const METHODS = [
  ...['KV.Range', 'KV.Put', 'KV.DeleteRange', 'KV.Txn', 'KV.Compact'],
  ...['Lease.LeaseGrant', 'Lease.LeaseRevoke', 'Lease.LeaseTimeToLive', 'Lease.LeaseLeases'],
] as const;

const KEYS = ['a', 'b', 'c/1', '', '\0', '\xff', '/sm/app/x/own/s1'];
const NUMBERS = ['0', '1', '2', '-1', '9223372036854775807', '-9223372036854775808', '4294967296'];

export function requestBytes(method: string, random: Random): Buffer {
  const [service = '', name = ''] = method.split('.');
  const found = wire().services[service as 'KV'][name] as MethodDefinition<object, object>;
  const good = found.requestSerialize(request(name, random));
  return random.chance(0.4) ? good : mutatedBytes(good, random);
}

function key(random: Random): Buffer {
  const big = random.chance(0.002) ? 'k'.repeat(1_600_000) : random.pick(KEYS);
  return Buffer.from(big, 'latin1');
}

function number(random: Random): string {
  return random.chance(0.7) ? String(random.whole(0, 20)) : random.pick(NUMBERS);
}

function request(name: string, random: Random, depth = 0): object {
  switch (name) {
    case 'Range':
      return {
        ...{
          key: key(random),
          range_end: key(random),
          limit: number(random),
          revision: number(random),
        },
        ...{
          sort_order: random.whole(0, 4),
          sort_target: random.whole(0, 6),
          keys_only: random.chance(0.2),
        },
        ...{
          count_only: random.chance(0.2),
          min_mod_revision: number(random),
          max_create_revision: number(random),
        },
      };
    case 'Put':
      return {
        ...{key: key(random), value: key(random), prev_kv: random.chance(0.3)},
        ...{lease: random.chance(0.7) ? '0' : number(random)},
        ...{ignore_value: random.chance(0.1), ignore_lease: random.chance(0.1)},
      };
    case 'DeleteRange':
      return {key: key(random), range_end: key(random), prev_kv: random.chance(0.3)};
    case 'Txn':
      return txn(random, depth);
    case 'Compact':
      return {revision: number(random), physical: random.chance(0.5)};
    case 'LeaseGrant':
      return {TTL: number(random), ID: number(random)};
    default:
      return {ID: number(random), keys: random.chance(0.5)};
  }
}

function txn(random: Random, depth: number): object {
  const compare = Array.from({length: random.whole(0, 3)}, () => ({
    ...{
      result: random.whole(0, 4),
      target: random.whole(0, 5),
      key: key(random),
      range_end: key(random),
    },
    ...(random.chance(0.5) ? {mod_revision: number(random)} : {value: key(random)}),
  }));
  const count = random.chance(0.02) ? random.whole(125, 135) : random.whole(0, 3);
  const ops = (): object[] => Array.from({length: count}, () => operation(random, depth));
  return {compare, success: ops(), failure: ops()};
}

function operation(random: Random, depth: number): object {
  const kind = random.whole(0, depth < 3 ? 4 : 2);
  if (kind === 0) return {request_range: request('Range', random)};
  if (kind === 1) return {request_put: request('Put', random)};
  if (kind === 2) return {request_delete_range: request('DeleteRange', random)};
  return kind === 3 ? {request_txn: txn(random, depth + 1)} : {};
}

/** Bits turned, parts cut, doubled or put elsewhere, lengths that lie, groups and depth. */
function mutatedBytes(bytes: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let change = random.whole(1, 4); change > 0; change -= 1) {
    const at = random.whole(0, result.length);
    const to = Math.min(result.length, at + random.whole(0, 8));
    result = Buffer.concat([
      result.subarray(0, at),
      piece(result, at, to, random),
      result.subarray(to),
    ]);
  }
  return result;
}

function piece(bytes: Buffer, at: number, to: number, random: Random): Buffer {
  switch (random.whole(0, 6)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return random.hex(random.pick([4, 8, 16]));
    case 2:
      return Buffer.concat([bytes.subarray(at, to), bytes.subarray(at, to)]);
    case 3:
      return Buffer.from([random.whole(0, 255)]);
    case 4:
      return Buffer.from('ffffffffffffffffff01', 'hex');
    case 5:
      // Groups within groups: a decoder that recurses goes down with them.
      return Buffer.alloc(random.chance(0.01) ? 60_000 : 40, 0x0b);
    default: {
      const changed = Buffer.from(bytes.subarray(at, to));
      if (changed.length > 0) changed[0] = (changed[0] ?? 0) ^ (1 << random.whole(0, 7));
      return changed;
    }
  }
}
