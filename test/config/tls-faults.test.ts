import {expect, it} from 'vitest';
import {parseConfig} from '../../src/config/index.ts';

const LEAST = 'service: s\nport: 1\nendpoints: [127.0.0.1:2379]\netcdPrefix: /sm\n';

it.each([
  ['{cert: x, key: x, clientCa: x}', 'tls.clientCa needs tls.clientRoles, or auth.tokenFile'],
  ['{cert: x, key: x, clientRoles: x}', 'tls.clientRoles needs tls.clientCa'],
  ['{clientCa: x, clientRoles: x}', 'tls.clientCa needs tls.cert'],
])('tls: %s', (tls, fault) => {
  expect(() => parseConfig(`${LEAST}tls: ${tls}\n`, 'f.yml')).toThrow(fault);
});

it('a port that is open to others may ask for certificates instead of tokens', () => {
  const tls = 'tls: {cert: x, key: x, clientCa: x, clientRoles: x}';
  const open = `${LEAST}host: 10.0.0.1\n`;
  expect(parseConfig(`${open}${tls}\n`, 'f.yml').auth).toBe('none');
  expect(() => parseConfig(open, 'f.yml')).toThrow(/not loopback/);
});
