import {createServer} from 'node:net';
import {describe, expect, it} from 'vitest';
import {SmError} from '../../src/model/errors.ts';
import {addressOf, bareHost, isWildcardHost, listenFault} from '../../src/model/listen-fault.ts';

function faultAt(host: string, port: number): Promise<unknown> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) =>
      resolve(listenFault(error, {host, port, hostKey: 'host', portKey: 'port'})),
    );
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

describe('a port that cannot be opened', () => {
  it.each([
    [
      '203.0.113.7',
      8_801,
      'no interface of this machine has the address 203.0.113.7 (EADDRNOTAVAIL)',
      'set host',
    ],
    [
      'nowhere.invalid',
      8_801,
      'the host name nowhere.invalid has no address (ENOTFOUND)',
      'set host',
    ],
  ])('at %s is told with the key to set', async (host, port, message, hint) => {
    const fault = await faultAt(host, port);
    expect(fault).toBeInstanceOf(SmError);
    expect(fault).toMatchObject({code: 'INVALID_CONFIG', message});
    expect((fault as SmError).hint).toContain(hint);
  });

  it.each([
    ['EACCES', 80, 'INVALID_CONFIG', 'set port to 1024 or more'],
    [
      'EADDRINUSE',
      8_801,
      'PORT_TAKEN',
      'end it if it was left running (ss -ltnp shows its process), or set port to another port',
    ],
    ['EAFNOSUPPORT', 8_801, 'INVALID_CONFIG', 'set host to an address of this machine'],
  ])('for %s has a way out', (code, port, as, hint) => {
    const error = Object.assign(new Error(code), {code});
    const fault = listenFault(error, {host: '::1', port, hostKey: 'host', portKey: 'port'});
    expect(fault).toMatchObject({code: as});
    expect((fault as SmError).hint).toContain(hint);
  });

  it('for another reason stays what it is', () => {
    const error = new Error('other');
    expect(listenFault(error, {host: 'a', port: 1, hostKey: 'h', portKey: 'p'})).toBe(error);
  });
});

describe('addresses', () => {
  it.each(['0.0.0.0', '::', '[::]', '0', '0:0:0:0:0:0:0:0', '::0', '::ffff:0.0.0.0'])(
    '%s means all of a machine',
    (host) => expect(isWildcardHost(host)).toBe(true),
  );

  it.each(['127.0.0.1', '::1', '10.0.0.0', '1::', 'fe80::', 'host', '00a', ''])(
    '%s does not',
    (host) => expect(isWildcardHost(host)).toBe(false),
  );

  it('put IPv6 in brackets once', () => {
    expect([addressOf('::1', 1), addressOf('[::1]', 1), addressOf('h', 1)]).toEqual([
      '[::1]:1',
      '[::1]:1',
      'h:1',
    ]);
    expect([bareHost('[::1]'), bareHost('::1'), bareHost('h')]).toEqual(['::1', '::1', 'h']);
  });
});
