import {expect, it} from 'vitest';
import {isLoopbackHost} from '../../src/model/loopback.ts';

it.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
  '%s is this machine',
  (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  },
);

it.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '127.evil.example',
  '127.0.0.1.example',
  'localhost.example',
  '',
  '[]',
  '::1.example',
])('%j may be another', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});
