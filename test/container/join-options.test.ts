/** What a process shares and refuses before anything is asked of a store. */
import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import type {Server} from 'node:http';
import {rootCertificates} from 'node:tls';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it, vi} from 'vitest';
import {stderrLogger} from '../../src/container/default-logger.ts';
import {connect} from '../../src/container/connections.ts';
import {joinApp} from '../../src/container/join.ts';
import type {ShardHooks} from '../../src/container/shard.ts';
import {checkJoinOptions, shareOf} from '../../src/container/options.ts';
import type {JoinOptions} from '../../src/container/options.ts';
import {HINT_PATHS} from '../../src/protocol/hints.ts';
import {rawExchange} from '../server/http/fixture.ts';
import {openReceiver} from '../../src/container/receiver.ts';
import {ownFolder} from '../support/own-folder.ts';

const ENDPOINTS = ['127.0.0.1:1'];

describe('a container without a logger', () => {
  it('says warnings and errors on stderr, one line each, and nothing else', () => {
    const lines: string[] = [];
    const logger = stderrLogger((line) => lines.push(line)).child({app: 'orders'});
    logger.debug({}, 'looked');
    logger.info({}, 'joined');
    logger.warn({shard: 's\n1'}, 'add failed');
    logger.child({container: 'c1'}).error({error: new Error('no disk')}, 'hook is overdue');
    const when = /^\d{4}-\d\d-\d\dT\S+Z /;
    expect(lines.map((line) => line.replace(when, ''))).toEqual([
      'sm WARN add failed app="orders" shard="s\\n1"',
      'sm ERROR hook is overdue app="orders" container="c1" error="no disk"',
    ]);
    for (const line of lines) expect(line).toMatch(when);
  });

  it('is given that one', () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    checkJoinOptions({app: 'orders', endpoints: ENDPOINTS}).logger.warn({}, 'fenced');
    expect(said.mock.calls).toMatchObject([[expect.stringContaining('sm WARN fenced')]]);
    said.mockRestore();
  });
});

describe('the connections of a process', () => {
  const CA = Buffer.from(rootCertificates[0] ?? '');
  const FILE = join(ownFolder('join'), 'password');
  const PLAIN: JoinOptions['etcd'] = {username: 'app', password: 'one'};

  it.each([
    ['the same credentials', PLAIN, true],
    ['another password', {...PLAIN, password: 'two'}, false],
    ['a store that must prove who it is', {...PLAIN, tls: {ca: CA}}, false],
    ['TLS with the authorities of the system', {...PLAIN, tls: {}}, false],
    ['a password that may be read on the way', {...PLAIN, plainPassword: true}, false],
    ['a password of the same text, but from a file', {...PLAIN, password: {file: FILE}}, false],
  ])('are shared by containers with the same endpoints: %s', async (_what, etcd, same) => {
    writeFileSync(FILE, 'one');
    const [one, other] = await Promise.all(
      [PLAIN, etcd].map((each) =>
        connect({endpoints: ENDPOINTS, etcd: each, etcdPrefix: '/sm', app: 'orders'}),
      ),
    );
    expect(one?.store === other?.store).toBe(same);
    await Promise.all([one?.release(), other?.release()]);
  });
});

describe('a container that is attached to a server of the application', () => {
  const options = {app: 'orders', endpoints: ENDPOINTS, attach: true};

  it('has to name the port, or no daemon would ever find it', () => {
    expect(() => checkJoinOptions(options)).toThrow(/without port/);
    expect(checkJoinOptions({...options, port: 8080})).toMatchObject({port: 8080});
    const advertise = 'orders.test:443';
    expect(checkJoinOptions({...options, advertise})).toMatchObject({advertise});
  });
});

describe('the hint receiver', () => {
  it('outlives a connection that cannot be taken', async () => {
    const receiver = await openReceiver(new Set(), {bind: '127.0.0.1', port: 0});
    let server: Server | undefined;
    const found = (message: unknown): void => void ({server} = message as {server: Server});
    subscribe('http.server.request.start', found);
    const ask = async (): Promise<number> =>
      (await fetch(`http://127.0.0.1:${receiver.port}/livez`)).status;
    try {
      expect(await ask()).toBe(200);
      expect(server?.emit('error', new Error('accept EMFILE'))).toBe(true);
      expect(server?.emit('error', new Error('accept EMFILE'))).toBe(true);
      expect(await ask()).toBe(200);
    } finally {
      unsubscribe('http.server.request.start', found);
      await receiver.close();
    }
  });

  it.each([
    ['Expect: never', 417],
    [`X: ${'x'.repeat(20_000)}`, 431],
    ['Content-Length: 3\r\nTransfer-Encoding: chunked', 400],
    ['no colon', 400],
  ])('refuses in our form what Node answers itself: %s', async (header, status) => {
    const receiver = await openReceiver(new Set(), {bind: '127.0.0.1', port: 0});
    try {
      const head = `POST ${HINT_PATHS.hints} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n`;
      const reply = await rawExchange(receiver.port, `${head}${header}\r\n\r\n`);
      expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(reply).toContain('"code":"INVALID_INPUT"');
    } finally {
      await receiver.close();
    }
  });
});

describe('what a container registers with', () => {
  const options = {app: 'orders', endpoints: ENDPOINTS};

  it('is left out of the heartbeat where it is as by default', () => {
    expect(shareOf(checkJoinOptions(options))).toEqual({});
    const said = {weight: 0.5, capacity: 40, limits: {qps: 1_000}};
    expect(shareOf(checkJoinOptions({...options, ...said}))).toEqual(said);
  });

  it('has the labels of the time when it joined, without those that are undefined', () => {
    // As by {rack: process.env.RACK}: it has to compile, too.
    const labels: NonNullable<JoinOptions['labels']> = {rack: 'r7', zone: undefined};
    const {labels: registered} = checkJoinOptions({...options, labels});
    labels['rack'] = 'r8';
    expect(registered).toEqual({rack: 'r7'});
  });

  it.each([
    [{weight: -1}, /weight is -1/],
    [{weight: Number.NaN}, /weight is NaN/],
    [{capacity: 1.5}, /capacity is 1.5/],
    [{limits: {qps: -3}}, /limits.qps is -3/],
    [{limits: {'a b': 3}}, /metric name/],
    [{zone: 'a/b'}, /zone name/],
  ])('is refused: %j', (said, message) => {
    expect(() => checkJoinOptions({...options, ...said})).toThrow(message);
  });
});

describe('the address of a container', () => {
  const options = {app: 'orders', endpoints: ENDPOINTS};

  it('is where it listens, and what it advertises is neither bound nor forgotten', () => {
    expect(checkJoinOptions(options)).toMatchObject({host: '127.0.0.1', bind: '127.0.0.1'});
    const forwarded = {...options, advertise: '[2001:db8::1]:443'};
    expect(checkJoinOptions(forwarded)).toMatchObject({host: '2001:db8::1', bind: '2001:db8::1'});
    expect(checkJoinOptions({...forwarded, bind: '::'})).toMatchObject({bind: '::'});
    expect(checkJoinOptions({...forwarded, host: 'c1'})).toMatchObject({host: 'c1', bind: 'c1'});
  });
});

describe('what would fail later, or never end', () => {
  const hooks = {add: () => undefined, drop: () => undefined};
  const endpoints = ENDPOINTS;

  it.each([
    ['no hooks', {endpoints}, undefined, /hooks.add is not a function/],
    ['no drop', {endpoints}, {add: hooks.add}, /hooks.drop is not a function/],
    ['one text for endpoints', {endpoints: '127.0.0.1:1'}, hooks, /endpoints is not a list/],
    ['endpoints left out', {}, hooks, /endpoints is not a list/],
    ['an empty endpoint', {endpoints: ['']}, hooks, /endpoints holds ""/],
    ['no port', {endpoints: ['127.0.0.1:1', 'etcd-2']}, hooks, /endpoints holds "etcd-2"/],
    ['no host', {endpoints: ['http://:2379']}, hooks, /not of the form host:port/],
    ['a port too high', {endpoints: ['etcd:99999']}, hooks, /not of the form host:port/],
    ['a label that is no text', {endpoints, labels: {port: 7}}, hooks, /labels.port is not text/],
    ['a logger without child', {endpoints, logger: console}, hooks, /logger.child is not a func/],
    ['a host that is empty', {endpoints, host: ''}, hooks, /host "" is not/],
    ['a host with a port', {endpoints, host: '10.0.0.1:80'}, hooks, /host "10.0.0.1:80" is not/],
    ['a host that is a URL', {endpoints, host: 'http://a'}, hooks, /host "http:\/\/a" is not/],
    ['a host that is no text', {endpoints, host: 7}, hooks, /host 7 is not/],
    ['an advertise without port', {endpoints, advertise: 'a'}, hooks, /advertise "a" is not of/],
    ['an advertise with a scheme', {endpoints, advertise: 'http://a:80'}, hooks, /is not of the f/],
    ['an advertise for all', {endpoints, advertise: '[::]:80'}, hooks, /means all addresses/],
    ['an advertise that is no text', {endpoints, advertise: 80}, hooks, /advertise 80 is not of/],
    ['labels that are a list', {endpoints, labels: ['a']}, hooks, /labels is not an object/],
    ['a version that is no text', {endpoints, version: 5}, hooks, /version is not text/],
    ['a prefix that is no text', {endpoints, etcdPrefix: 7}, hooks, /etcdPrefix is not text/],
    ['a bind that is no text', {endpoints, bind: 5}, hooks, /bind is not text/],
    ['signals that are text', {endpoints, signals: 'false'}, hooks, /signals is not true or false/],
    ['an attach of 1', {endpoints, attach: 1}, hooks, /attach is not true or false/],
    [
      'a text',
      {endpoints, etcd: {plainPassword: 'false'}},
      hooks,
      /etcd.plainPassword is not true/,
    ],
    ['an option that there is not', {endpoints, ttl: 5_000}, hooks, /has no option "ttl"/],
    ['a name that every object has', {endpoints, toString: 1}, hooks, /has no option "toString"/],
    ['a word of the configuration', {endpoints, etcd: {passwordFile: 'f'}}, hooks, /"etcd.passwor/],
    ['a wrong part of TLS', {endpoints, etcd: {tls: {caFile: 'f'}}}, hooks, /"etcd.tls.caFile"/],
    ['a wrong part of its own TLS', {endpoints, tls: {certFile: 'f'}}, hooks, /"tls.certFile"/],
    ['a service that is no text', {endpoints, service: 5}, hooks, /service is not text/],
    ['labels that are text', {endpoints, labels: 'r7'}, hooks, /labels is not an object/],
    ['limits that are a number', {endpoints, limits: 5}, hooks, /limits is not an object/],
    [
      'a password that is no text',
      {endpoints, etcd: {username: 'a', password: 7}},
      hooks,
      /password: it is not/,
    ],
    ['an authority that is null', {endpoints, etcd: {tls: {ca: null}}}, hooks, /ca: it is not/],
    ['a login that is text', {endpoints, etcd: 'app:one'}, hooks, /^etcd is not an object/],
    ['TLS that is true', {endpoints, etcd: {tls: true}}, hooks, /^etcd.tls is not an object/],
    ['TLS that is null', {endpoints, etcd: {tls: null}}, hooks, /^etcd.tls is not an object/],
    ['its own TLS that is null', {endpoints, tls: null}, hooks, /tls lacks cert or key/],
    [
      'a user that is no text',
      {endpoints, etcd: {username: 7, password: 'p'}},
      hooks,
      /username is not text/,
    ],
    [
      'a user without a password',
      {endpoints, etcd: {username: 'app', password: undefined}},
      hooks,
      /etcd.username and etcd.password must be set together/,
    ],
    [
      'a password without a user',
      {endpoints, etcd: {password: 'p'}},
      hooks,
      /etcd.username and etcd.password must be set together/,
    ],
    [
      'a certificate without its key',
      {endpoints, etcd: {tls: {cert: 'c'}}},
      hooks,
      /etcd.tls.cert and etcd.tls.key must be set together/,
    ],
    ['a label that is null', {endpoints, labels: {rack: null}}, hooks, /labels.rack is not text/],
  ])('is refused when joining: %s', async (_what, said, given, message) => {
    const joining = joinApp({app: 'orders', ...said} as JoinOptions, given as ShardHooks);
    await expect(joining).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(message) as string,
    });
  });

  it('names the option that may be meant; one that is undefined is left out', () => {
    const refused = {endpoints, app: 'orders', leaveTimeout: 5} as unknown as JoinOptions;
    expect(() => checkJoinOptions(refused)).toThrow(
      expect.objectContaining({hint: 'did you mean leaveTimeoutMs, addTimeoutMs?'}) as Error,
    );
    const unset = {endpoints, app: 'orders', leaveTimeout: undefined} as JoinOptions;
    expect(checkJoinOptions(unset)).toMatchObject({app: 'orders'});
  });

  it('is not null, which means the default as undefined does', () => {
    const unset = {endpoints, app: 'orders', etcd: null, signals: null, version: null};
    const joining = checkJoinOptions(unset as unknown as JoinOptions);
    expect(joining).toMatchObject({signals: false, version: ''});
  });

  it('is named in the hint as it is written in the options', () => {
    const text = {endpoints, app: 'orders', etcd: {plainPassword: 'true'}};
    expect(() => checkJoinOptions(text as unknown as JoinOptions)).toThrow(
      expect.objectContaining({
        hint: "pass etcd.plainPassword as true or false (of a text: text === 'true'), or leave it out",
      }) as Error,
    );
  });

  it.each([undefined, null, 'orders'])('is refused when joining: %j for options', async (said) => {
    await expect(joinApp(said as unknown as JoinOptions, hooks)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'the options of joinApp are not an object',
    });
  });
});
