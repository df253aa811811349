/** A read tries again until its time is over: what is said of it is what it found out, not how short the last try was. */
import {expect, it} from 'vitest';
import {SmError} from '../../src/model/errors.ts';
import {ReadFaults} from '../../src/store/read-faults.ts';

const refused = new SmError('STORE_UNAVAILABLE', 'etcd does not answer: connect ECONNREFUSED');
const late = new SmError('STORE_UNAVAILABLE', 'etcd does not answer: timed out after 0.0 s');
const slow = new SmError('STORE_UNAVAILABLE', 'etcd does not answer: timed out after 1.9 s');
const tls = new SmError('STORE_AUTH', 'the TLS connection to etcd fails');

function reported(...attempts: readonly (readonly [SmError, number])[]): SmError | undefined {
  const faults = new ReadFaults(2_000);
  for (const [fault, givenMs] of attempts) faults.take(fault, givenMs);
  return faults.clearest;
}

it('a last try without time hides nothing', () => {
  expect(reported([refused, 2_000], [refused, 1_000], [late, 3])).toBe(refused);
});

it('of two endpoints the one that had time to answer counts', () => {
  expect(reported([refused, 2_000], [slow, 1_900])).toBe(slow);
});

it('a fault of TLS counts before all', () => {
  expect(reported([tls, 2_000], [slow, 1_900], [late, 3])).toBe(tls);
});

it('the only fault counts, however short the try', () => {
  expect(reported([late, 3])).toBe(late);
});
