import type {RequestOp} from '../../../src/embedded/requests.ts';
import type {Command} from '../../../src/embedded/state-machine.ts';
import type {Random} from '../../simulation/random.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'ü\0'];
const LEASES = ['1', '2', '3', '7587862094837212345'];
const LONGEST_VALUE = 1_500;

/** Any request that the log takes; many of them are refused by a store of this revision. */
export function anyCommand(random: Random, revision: number): Command {
  const draw = random.next();
  const lease = random.pick(LEASES);
  if (draw < 0.4) return {kind: 'put', request: anyPut(random)};
  if (draw < 0.5)
    return {
      kind: 'deleteRange',
      request: {key: Buffer.from(random.pick(KEYS)), range_end: Buffer.from('d')},
    };
  if (draw < 0.7) {
    const success = Array.from({length: random.whole(1, 4)}, () => anyOperation(random));
    return {kind: 'txn', request: {success}};
  }
  if (draw < 0.8) return {kind: 'grant', request: {ID: lease, TTL: String(random.whole(60, 600))}};
  if (draw < 0.88) return {kind: 'revoke', request: {ID: lease}};
  // Lifts what a full disk has raised.
  if (draw < 0.95) return {kind: 'alarm', request: {action: 2, memberID: '1', alarm: 1}};
  return {kind: 'compact', request: {revision: String(revision - random.whole(-1, 6))}};
}

function anyPut(random: Random): {key: Buffer; value: Buffer; lease: string} {
  const value = random.hex(4 * random.whole(0, random.chance(0.2) ? LONGEST_VALUE / 4 : 10));
  const lease = random.chance(0.4) ? random.pick(LEASES) : '0';
  return {key: Buffer.from(random.pick(KEYS)), value, lease};
}

function anyOperation(random: Random): RequestOp {
  if (random.chance(0.7)) return {request_put: {...anyPut(random), lease: '0'}};
  return {request_delete_range: {key: Buffer.from(random.pick(KEYS))}};
}
