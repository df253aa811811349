/** Calls of a daemon to containers, signed with a key of the app in the store: what is let through, and what costs nothing. */
import {request as httpRequest} from 'node:http';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {CallKeyring} from '../../src/container/call-keyring.ts';
import {UNSIGNED_AFTER_MS, UNSIGNED_CALLS_AT_ONCE} from '../../src/container/limits.ts';
import {openReceiver} from '../../src/container/receiver.ts';
import type {HintTarget} from '../../src/container/receiver.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {decodeCallKeys, encodeCallKeys} from '../../src/protocol/call-keys.ts';
import {SIGNATURE_HEADER, newCallKey, signCall} from '../../src/protocol/call-signature.ts';
import {HINT_PATHS} from '../../src/protocol/hints.ts';
import {CALL_WINDOW_MS} from '../../src/protocol/limits.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {CallSigner} from '../../src/server/contact/call-signer.ts';
import {
  CALL_KEY_AGE_MS,
  CALL_KEYS_KEPT_MS,
  CALL_KEYS_RETRY_MS,
} from '../../src/server/contact/limits.ts';
import {HintSender} from '../../src/server/governing/hint-sender.ts';
import {HoldingsCaller} from '../../src/server/governing/holdings-audit.ts';
import {MemoryStore} from '../support/memory-store.ts';

const LOOPBACK = '127.0.0.1';
const APP = 'orders';
const keys = new Keys('/sm', 'sm');
let store: MemoryStore;
let hinted: string[];
let reads: number;
/** Of the daemon. */
let wallMs: number;
let nowMs: number;
let containerMs: number;
let target: HintTarget;
let port: number;
let sender: HintSender;
let holdings: HoldingsCaller;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  store = new MemoryStore();
  await put(
    keys.appSpec(APP),
    encodeRecord({service: APP, createTime: 1, maxShardCount: 0, maxRecoveryTime: 0}),
  );
  [hinted, reads, wallMs, nowMs, containerMs] = [[], 0, Date.now(), 0, 0];
  target = targetWith(keyring());
  ({port} = await opened(target));
  const clock = {...systemClock(), wallMs: () => wallMs, nowMs: () => nowMs};
  const signer = new CallSigner({store, keys, clock});
  sender = new HintSender({logger: silentLogger, allowLoopback: true, signer});
  holdings = new HoldingsCaller({allowLoopback: true, signer});
  closers.push(
    () => sender.close(),
    () => holdings.close(),
  );
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function put(key: string, value: string): Promise<void> {
  await store.transact({compares: [], then: [{op: 'put', key, value}]});
}

function keyring(requireSigned = false): CallKeyring {
  const read = async (): Promise<string | undefined> => {
    reads += 1;
    return (await store.get(keys.callKeys(APP))).entry?.value;
  };
  return new CallKeyring({value: undefined, read, requireSigned, nowMs: () => containerMs});
}

function deafKeyring(): CallKeyring {
  const nowMs = () => containerMs;
  return new CallKeyring({
    value: undefined,
    read: async () => undefined,
    requireSigned: true,
    nowMs,
  });
}

function targetWith(ring: CallKeyring | undefined): HintTarget {
  const me = {app: APP, container: 'c1', incarnation: 'i1'};
  return {
    ...me,
    ...{keyring: ring, endpoint: 'c1.example.org:1', notReady: () => '', notes: () => []},
    hint: (_incarnation, shard) => void hinted.push(shard),
    holdings: () => ({
      ...me,
      shards: [{id: 's1', token: 't', state: 'owned', ready: true, stuck: false}],
    }),
  };
}

async function opened(...targets: HintTarget[]): Promise<{port: number}> {
  const receiver = await openReceiver(new Set(targets), {bind: LOOPBACK, port: 0});
  closers.push(() => receiver.close());
  return receiver;
}

const contact = (at = port) =>
  sender.contact(APP, {container: 'c1', incarnation: 'i1', endpoint: `${LOOPBACK}:${at}`});
const ask = () =>
  holdings.ask({app: APP, incarnation: 'i1', endpoint: `${LOOPBACK}:${port}`, records: 1}, false);
const theKeys = async () => decodeCallKeys((await store.get(keys.callKeys(APP))).entry?.value);
const HINTS = JSON.stringify({
  app: APP,
  incarnation: 'i1',
  items: [{shard: 'forged', op: 'add', revision: 9}],
});
const JSON_TYPE = {'content-type': 'application/json'};

function post(
  body: string,
  headers: Record<string, string> = JSON_TYPE,
  path: string = HINT_PATHS.hints,
) {
  const method = path === HINT_PATHS.shards ? 'GET' : 'POST';
  return new Promise<{status: number; text: string}>((resolve, reject) => {
    const asked = httpRequest(
      {host: LOOPBACK, port, path, method, headers, agent: false},
      (reply) => {
        let text = '';
        reply.on('data', (chunk: Buffer) => (text += chunk.toString()));
        reply.once('end', () => resolve({status: reply.statusCode ?? 0, text}));
      },
    );
    asked.once('error', reject);
    asked.end(method === 'GET' ? undefined : body);
  });
}

it('the first call makes the key; from then on calls without it are refused, until no signed one comes for long', async () => {
  expect((await post(HINTS)).status).toBe(202);
  expect((await post('', {}, HINT_PATHS.shards)).status).toBe(200);
  expect(await contact()).toMatchObject({reached: true});
  expect(await theKeys()).toHaveLength(1);
  expect((await post(HINTS)).status).toBe(401);
  const held = await post('', {}, HINT_PATHS.shards);
  expect([held.status, held.text.includes('s1')]).toEqual([401, false]);
  expect(await ask()).toEqual({holdings: new Map([['s1', true]])});
  expect(hinted).toEqual(['forged', 'reachable']);
  containerMs += UNSIGNED_AFTER_MS + 1;
  expect((await post(HINTS)).status).toBe(202);
  expect((await post('', {}, HINT_PATHS.shards)).status).toBe(401);
});

it('a container that joined before there was a key is found beside one that joined later, at one receiver', async () => {
  await contact();
  const {entry} = await store.get(keys.callKeys(APP));
  const later = new CallKeyring({
    ...{value: entry?.value, read: async () => entry?.value},
    ...{requireSigned: false, nowMs: () => containerMs},
  });
  const second = {...targetWith(later), container: 'c2', incarnation: 'i2'};
  ({port} = await opened(second, targetWith(keyring())));
  expect(await contact()).toMatchObject({reached: true});
  expect(await ask()).toEqual({holdings: new Map([['s1', true]])});
});

it('where signatures are required nothing else is taken, ever', async () => {
  ({port} = await opened(targetWith(keyring(true))));
  expect((await post(HINTS)).status).toBe(401);
  expect((await post('', {}, HINT_PATHS.shards)).status).toBe(401);
  expect(await contact()).toMatchObject({reached: true});
});

it('a signature is for one call at one time', async () => {
  await contact();
  const [key = newCallKey(0)] = await theKeys();
  const call = {method: 'POST', path: HINT_PATHS.hints as string, body: HINTS};
  const signed = (over: Partial<typeof call> = {}, atMs = Date.now(), by = key) => ({
    ...JSON_TYPE,
    [SIGNATURE_HEADER]: signCall(by, {...call, ...over}, atMs),
  });
  const once = signed();
  expect((await post(HINTS, once)).status).toBe(202);
  for (const [what, headers] of Object.entries({
    again: once,
    'another body': signed({body: HINTS.replace('forged', 'other')}),
    'another path': signed({path: HINT_PATHS.addShard}),
    'another method': signed({method: 'GET'}),
    'too late': signed({}, Date.now() - CALL_WINDOW_MS - 1_000),
    'too early': signed({}, Date.now() + CALL_WINDOW_MS + 1_000),
    'a key of nobody': signed({}, Date.now(), newCallKey(0)),
    'a key with a known name': signed({}, Date.now(), {...newCallKey(0), id: key.id}),
    'no signature': {...JSON_TYPE, [SIGNATURE_HEADER]: 'v1 x'},
  }))
    expect([what, (await post(HINTS, headers)).status]).toEqual([what, 401]);
  expect(hinted).toEqual(['reachable', 'forged']);
});

it('a clock that is wrong by an hour makes nobody deaf', async () => {
  wallMs += 3_600_000;
  expect(await contact()).toMatchObject({reached: true});
  expect(await ask()).toEqual({holdings: new Map([['s1', true]])});
  expect((await post(HINTS)).status).toBe(401);
});

it('an old key is replaced; the one before stays valid', async () => {
  await contact();
  const [old] = await theKeys();
  wallMs += CALL_KEY_AGE_MS + 1;
  nowMs += CALL_KEYS_KEPT_MS + 1;
  containerMs += 60_000;
  expect(await contact()).toMatchObject({reached: true});
  const both = await theKeys();
  expect(both).toHaveLength(2);
  expect(both[1]).toEqual(old);
  const call = {method: 'POST', path: HINT_PATHS.hints as string, body: HINTS};
  const header = signCall(old ?? newCallKey(0), call, Date.now());
  expect((await post(HINTS, {...JSON_TYPE, [SIGNATURE_HEADER]: header})).status).toBe(202);
});

it('a key that a clock far ahead has made is replaced: it would never grow old', async () => {
  await contact();
  const [early] = await theKeys();
  wallMs -= CALL_KEY_AGE_MS + 1;
  nowMs += CALL_KEYS_KEPT_MS + 1;
  await contact();
  const [newest, before] = await theKeys();
  expect(before).toEqual(early);
  expect(newest?.createdMs).toBe(wallMs);
});

it('a store that was away for a moment leaves no daemon without a signature', async () => {
  await contact();
  expect((await post(HINTS)).status).toBe(401);
  const away = vi.spyOn(store, 'getMany').mockRejectedValue(new Error('away'));
  const other = new HintSender({
    ...{logger: silentLogger, allowLoopback: true},
    signer: new CallSigner({store, keys, clock: {...systemClock(), nowMs: () => nowMs}}),
  });
  closers.push(() => other.close());
  const call = () =>
    other.contact(APP, {container: 'c1', incarnation: 'i1', endpoint: `${LOOPBACK}:${port}`});
  expect(await call()).toMatchObject({reached: false});
  away.mockRestore();
  nowMs += CALL_KEYS_RETRY_MS;
  expect(await call()).toMatchObject({reached: true});
});

it('an app that was created anew has another key: a refused call is signed with it, and no refusal costs more than one read a second', async () => {
  await contact();
  const [old] = await theKeys();
  await put(keys.callKeys(APP), encodeCallKeys([newCallKey(wallMs)]));
  ({port} = await opened(targetWith(keyring(true))));
  nowMs += CALL_KEYS_RETRY_MS;
  expect(await contact()).toMatchObject({reached: true});
  expect(await theKeys()).not.toContainEqual(old);
  // A container that refuses whatever comes.
  ({port} = await opened(targetWith(deafKeyring())));
  const looked = vi.spyOn(store, 'getMany');
  for (let count = 0; count < 20; count += 1)
    expect(await contact()).toMatchObject({reached: false});
  expect(looked.mock.calls.length).toBeLessThanOrEqual(1);
});

it('who answers without the key is another process; a container of before, which cannot sign, is not', async () => {
  ({port} = await opened(targetWith(undefined)));
  expect(await contact()).toMatchObject({reached: true});
  const impostor = createServer((_request, response) => {
    response.writeHead(202, {...JSON_TYPE, [SIGNATURE_HEADER]: 'A'.repeat(43)});
    response.end(JSON.stringify({accepted: 1}));
  });
  await new Promise<void>((resolve) => void impostor.listen(0, LOOPBACK, resolve));
  const at = (impostor.address() as AddressInfo).port;
  expect(await contact(at)).toMatchObject({
    reached: false,
    cause: expect.stringContaining('another process') as string,
  });
  impostor.closeAllConnections();
  await new Promise((resolve) => impostor.close(resolve));
});

it('a flood without a signature reads nothing, is limited before it is parsed, and signed calls get through', async () => {
  await contact();
  const readsBefore = reads;
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  const made = await Promise.all(
    Array.from({length: UNSIGNED_CALLS_AT_ONCE + 50}, () =>
      post('not even JSON').then(({status}) => status),
    ),
  );
  clock.mockRestore();
  expect(new Set(made)).toEqual(new Set([401, 429]));
  expect([hinted, reads - readsBefore]).toEqual([['reachable'], 0]);
  expect(await contact()).toMatchObject({reached: true});
  const header = `v1 ${'x'.repeat(12)} ${Date.now()} ${'n'.repeat(16)} ${'m'.repeat(43)}`;
  for (let count = 0; count < 20; count += 1)
    await post(HINTS, {...JSON_TYPE, [SIGNATURE_HEADER]: header});
  // Keys that nobody has are looked up once in a while, however often they are named.
  expect(reads - readsBefore).toBeLessThanOrEqual(1);
});

it.each([
  ['of a web page', {...JSON_TYPE, origin: 'http://evil.example'}, 403],
  ['by the name of another host', {...JSON_TYPE, host: 'evil.example'}, 403],
  ['as a form', {'content-type': 'text/plain'}, 415],
  ['by its own name', {...JSON_TYPE, host: 'C1.example.org:99'}, 202],
])('a call %s', async (_what, headers, status) => {
  expect((await post(HINTS, headers)).status).toBe(status);
});
