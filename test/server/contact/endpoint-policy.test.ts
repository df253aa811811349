import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {request} from 'undici';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {checkedLookup, containerAgent} from '../../../src/server/contact/container-agent.ts';
import {networkList, refusedEndpoint} from '../../../src/server/contact/endpoint-policy.ts';

describe('a registered endpoint', () => {
  it.each(['10.0.0.7:80', '[2001:db8::1]:9000', 'orders-1.prod.example:65535', '127.0.0.1:8802'])(
    '%s may be called',
    (endpoint) => {
      expect(refusedEndpoint(endpoint, true)).toBeUndefined();
    },
  );

  it.each([
    ...['169.254.169.254:80', '100.100.100.200:80', '192.0.0.192:80', '0.0.0.0:80', '[::]:80'],
    ...['224.0.0.1:80', '[fe80::1]:80', '[ff02::1]:80', '[::ffff:169.254.169.254]:80'],
    ...[
      '[::ffff:a9fe:a9fe]:80',
      '2852039166:80',
      '0xa9fea9fe:80',
      '169.254.1:80',
      '0251.0376.0251.0376:80',
    ],
    ...['168.63.129.16:80', '[fd00:ec2::254]:80', '[64:ff9b::a9fe:a9fe]:80', '[64:ff9b:1::1]:80'],
    ...['[2002:a9fe:a9fe::1]:80', '[2001:0:1::1]:80'],
    ...['host', 'host:0', 'host:65536', 'user@host:80', 'host:80/path', 'http://host:80', ''],
    ...['host:80?x', 'host:80#x', 'ho st:80', 'host:80\r\nx: y', '[::1:80', '-:-'],
  ])('%j is never called', (endpoint) => {
    expect(refusedEndpoint(endpoint, true)).toEqual(expect.any(String));
  });

  it.each(['127.0.0.1:80', '127.9.9.9:80', '[::1]:80', '[::ffff:127.0.0.1]:80', 'localhost:80'])(
    '%s is called by daemons on loopback only',
    (endpoint) => {
      expect(refusedEndpoint(endpoint, true)).toBeUndefined();
      expect(refusedEndpoint(endpoint, false)).toContain('loopback');
    },
  );
});

describe('a list of allowed networks', () => {
  const networks = networkList(['10.1.0.0/16', 'fd00::/8']);

  it.each(['10.1.2.3:80', '[::ffff:10.1.2.3]:80', '[fd12::1]:80'])('has %s', (endpoint) => {
    expect(refusedEndpoint(endpoint, false, networks)).toBeUndefined();
  });

  it.each(['10.2.0.1:80', '[2001:db8::1]:80', '127.0.0.1:80', '[fd00:ec2::254]:80'])(
    'does not let %s be called',
    (endpoint) => {
      expect(refusedEndpoint(endpoint, true, networks)).toEqual(expect.any(String));
    },
  );

  it('checks a name by the address that is connected to', async () => {
    const found = (list: string[]) =>
      new Promise((done) =>
        checkedLookup(true, networkList(list))('localhost', {all: true}, (error, all) =>
          done(error ?? all),
        ),
      );
    expect(await found(['10.0.0.0/8'])).toMatchObject({code: 'FORBIDDEN'});
    expect(JSON.stringify(await found(['127.0.0.0/8', '::1/128']))).toMatch(/127\.0\.0\.1|::1/);
  });
});

describe('a name', () => {
  const server = createServer((_request, response) => response.end('here'));
  let port: number;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  it.each([true, false])(
    'is checked by the address that is connected to (all: %s)',
    async (all) => {
      const resolve = (allowLoopback: boolean) =>
        new Promise((done) =>
          checkedLookup(allowLoopback)('localhost', {all}, (error, found) => done(error ?? found)),
        );
      expect(await resolve(false)).toMatchObject({code: 'FORBIDDEN'});
      expect(JSON.stringify(await resolve(true))).toMatch(/127\.0\.0\.1|::1/);
    },
  );

  it('that resolves to a refused address gets no connection', async () => {
    const call = async (allowLoopback: boolean): Promise<string> => {
      const dispatcher = containerAgent(1, allowLoopback);
      try {
        return await (await request(`http://localhost:${port}/`, {dispatcher})).body.text();
      } finally {
        await dispatcher.destroy();
      }
    };
    await expect(call(false)).rejects.toMatchObject({code: 'FORBIDDEN'});
    expect(await call(true)).toBe('here');
  });
});
