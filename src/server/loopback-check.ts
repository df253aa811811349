/**
 * A daemon that advertises a loopback address beside daemons of another machine would be called by nobody, or worse, somebody else would
 * answer in its place: it must not start.
 */
import type {ServerConfig} from '../config/index.ts';
import type {Keys} from '../etcd/keys.ts';
import {SmError} from '../model/errors.ts';
import type {Heartbeat} from '../model/container.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import {visible} from '../model/visible.ts';
import {decodeHeartbeat} from '../protocol/records.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Store} from '../store/port.ts';
import {machineBootId} from './daemon-identity.ts';
import {refusedEndpoint} from './contact/endpoint-policy.ts';
import {LOOPBACK_LOOK_MS} from './limits.ts';

/** A heartbeat as it was seen. */
export interface SeenPeer {
  readonly value: Pick<Heartbeat, 'container' | 'bootId' | 'ttlMs'>;
  readonly mod: number;
}

/** Whether an address `host:port` means the machine that one is on. */
export function isLoopback(address: string): boolean {
  return isLoopbackHost(address.slice(0, address.lastIndexOf(':')));
}

/** Peers of another boot beside which this address cannot be right; none when it is not a loopback address. */
export function foreignPeers<T extends SeenPeer>(
  advertise: string,
  bootId: string,
  peers: readonly T[],
): T[] {
  if (!isLoopback(advertise)) return [];
  return peers.filter(({value}) => value.bootId !== bootId);
}

/** @throws SmError INVALID_CONFIG for an address that no daemon would call. */
export function refuseUncallable(advertise: string): void {
  const why = refusedEndpoint(advertise, true);
  if (why === undefined) return;
  throw new SmError('INVALID_CONFIG', `advertise ${advertise} cannot be called: ${why}`, {
    hint: 'set advertise to a host:port at which others reach this daemon',
  });
}

/**
 * Records of this machine's last boot, and of daemons that died without a word, look the same as those of other machines: only a peer
 * that renews its heartbeat counts, so that start waits where there is one, for half its T at most.
 * @throws SmError INVALID_CONFIG when such a peer lives; STORE_UNAVAILABLE.
 */
export async function refuseLoopbackBesideOthers(
  config: Pick<ServerConfig, 'advertise'>,
  {store, keys, clock}: {readonly store: Store; readonly keys: Keys; readonly clock: Clock},
  bootId = machineBootId(),
): Promise<void> {
  const {advertise} = config;
  if (!isLoopback(advertise)) return;
  const first = await seenPeers(store, keys);
  const suspects = foreignPeers(advertise, bootId, [...first.values()]);
  if (suspects.length === 0) return;
  const waitMs = Math.max(...suspects.map(({value}) => value.ttlMs)) / 2;
  const untilMs = clock.nowMs() + waitMs;
  while (clock.nowMs() < untilMs) {
    await clock.sleep(LOOPBACK_LOOK_MS);
    const now = await seenPeers(store, keys);
    const living = [...now].filter(([key, {mod}]) => mod !== first.get(key)?.mod);
    const seen = living.map(([, one]) => one);
    const [peer] = foreignPeers(advertise, bootId, seen);
    if (peer !== undefined) throw refusal(advertise, peer.value.container);
  }
}

async function seenPeers(store: Store, keys: Keys): Promise<Map<string, SeenPeer>> {
  const {entries} = await store.list([keys.heartbeatPrefix(keys.service)]);
  const seen = new Map<string, SeenPeer>();
  for (const {key, value, mod} of entries) {
    const decoded = decodeHeartbeat(value);
    if (decoded.ok) seen.set(key, {value: decoded.value, mod});
  }
  return seen;
}

function refusal(advertise: string, peer: string): SmError {
  return new SmError(
    'INVALID_CONFIG',
    `this daemon advertises ${advertise}, a loopback address, but daemon ${visible(peer)} of the same service runs on another machine and could not call it`,
    {
      hint: 'set advertise to a host:port at which the other daemons and the containers reach this daemon',
    },
  );
}
