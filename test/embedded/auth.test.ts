/** Guesses of the store's password. */
import {Metadata} from '@grpc/grpc-js';
import {expect, it} from 'vitest';
import {Authenticator} from '../../src/embedded/auth.ts';
import {HiddenText} from '../../src/model/hidden-text.ts';

const PASSWORD = 'right';
const [A, B, C] = ['10.0.0.1', '10.0.0.2', '[fd00::1]'] as const;

function guess(store: Authenticator, password: string, address: string): string {
  try {
    store.authenticate('sm', password, address);
    return 'in';
  } catch (error) {
    return (error as Error).message.replace(/^etcdserver: /, '').replace(/,.*/, '');
  }
}

it('too many of one address are not told whether they are right; others log in, and tokens go on', () => {
  let nowMs = 0;
  const store = new Authenticator({name: 'sm', password: new HiddenText(PASSWORD)}, () => nowMs);
  const metadata = new Metadata();
  metadata.set('token', store.authenticate('sm', PASSWORD, A));
  const wrong = Array.from({length: 20}, (_, at) => guess(store, `guess ${at}`, A));
  expect(new Set(wrong)).toEqual(new Set(['authentication failed']));
  expect(guess(store, 'another', A)).toBe('too many requests');
  expect(guess(store, PASSWORD, A)).toBe('too many requests');
  expect(guess(store, PASSWORD, B)).toBe('in');
  expect(() => store.check(metadata)).not.toThrow();
  nowMs += 1_000;
  expect(guess(store, 'another', A)).toBe('authentication failed');
  expect(guess(store, PASSWORD, A)).toBe('too many requests');
  nowMs += 1_000;
  expect(guess(store, PASSWORD, A)).toBe('in');
  // This machine is not locked out, by its own containers least of all.
  for (let at = 0; at < 50; at += 1)
    expect(guess(store, 'old', '127.0.0.1')).toBe('authentication failed');
  for (const own of ['127.0.0.1', '[::1]']) expect(guess(store, PASSWORD, own)).toBe('in');
  // Right ones cost nothing.
  for (let login = 0; login < 50; login += 1) expect(guess(store, PASSWORD, C)).toBe('in');
});
