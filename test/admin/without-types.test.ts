/** What programs without types pass is refused by name, and not by an error of the client's own code. */
import {afterEach, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';

const clients: AdminClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function refused(message: RegExp): unknown {
  return {code: 'INVALID_INPUT', message: expect.stringMatching(message) as string};
}

it.each([
  ['left out, as of a variable that is not set', undefined, /neither text nor a list/],
  ['a number', 8801, /neither text nor a list/],
  ['a list with what is no text', ['http://a:1', undefined], /neither text nor a list/],
  ['of another scheme', 'ftp://a', /"ftp:\/\/a" is not a URL of http or https/],
])('a server: %s', (_what, server, message) => {
  const make = (): AdminClient => new AdminClient({server: server as string});
  expect(make).toThrow(expect.objectContaining(refused(message) as object) as Error);
});

it.each([
  ['an option that there is not', {token: 'x'}, /AdminClient has no option "token"/],
  ['a word of other clients', {timeout: 5}, /AdminClient has no option "timeout"/],
  ['a switch that is text', {plainToken: 'false'}, /^plainToken is not true or false/],
  ['a time that is text', {timeoutMs: '5000'}, /^timeoutMs is not a number/],
  ['a time of a variable that is not set', {silenceMs: Number.NaN}, /^silenceMs is not a number/],
  ['a time that is none', {timeoutMs: 0}, /^timeoutMs is not between 1 and 2147483647$/],
  ['a time before now', {silenceMs: -1}, /^silenceMs is not between 1 and 2147483647$/],
  ['a time that no timer keeps', {timeoutMs: 2 ** 31}, /^timeoutMs is not between/],
  ['a time without an end', {timeoutMs: Infinity}, /^timeoutMs is not between/],
  ['a file that is none', {tokenFile: 7}, /^tokenFile is not text/],
  ['a listener that is none', {onLimited: true}, /^onLimited is not a function/],
])('%s', (_what, options, message) => {
  const make = (): AdminClient =>
    new AdminClient({server: 'http://127.0.0.1:1', ...(options as object)});
  expect(make).toThrow(expect.objectContaining(refused(message) as object) as Error);
});

it('a setting that may be missing, as null, is told to be left out', () => {
  const make = (): AdminClient =>
    new AdminClient({server: 'http://127.0.0.1:1', tokenFile: null as unknown as string});
  const hint = 'pass tokenFile as text (of a value: String(value)), or leave it out';
  expect(make).toThrow(expect.objectContaining({code: 'INVALID_INPUT', hint}) as Error);
});

it.each([undefined, null, 'http://127.0.0.1:1'])('%j for options', (said) => {
  const make = (): AdminClient => new AdminClient(said as unknown as {server: string});
  const wanted = refused(/^the options of AdminClient are not an object$/);
  expect(make).toThrow(expect.objectContaining(wanted as object) as Error);
});

const ROUND: Record<string, unknown> = {service: 'orders'};
ROUND['service'] = ROUND;

it.each([
  ['an operation that there is not', 'moveAll', {}, /no operation "moveAll"/],
  ['a name that every object has', 'toString', {}, /no operation "toString"/],
  ['no input', 'status', undefined, /the input of status is not an object/],
  ['a list for an input', 'addSpec', [], /the input of addSpec is not an object/],
  ['options for a signal', 'status', {}, /the signal of status is not an AbortSignal/, {signal: 1}],
  ['a stream as a call', 'movesStream', {service: 'orders'}, /movesStream is a stream/],
  ['null in a query', 'getShards', {container: null}, /container of getShards is neither text/],
  ['a list in a query', 'getShards', {shardId: ['s1']}, /shardId of getShards is neither text/],
  ['a date in a query', 'events', {since: new Date()}, /since of events is neither text/],
  [
    'a bigint in a body',
    'addSpec',
    {maxShardCount: 5n},
    /the input of addSpec cannot be written as JSON/,
  ],
  ['what contains itself', 'addSpec', ROUND, /the input of addSpec cannot be written as JSON/],
])('%s', async (_what, operation, input, message, signal?: object) => {
  const client = new AdminClient({server: 'http://127.0.0.1:1'});
  clients.push(client);
  const call = client.call(
    operation as 'getApp',
    input as {service: string},
    signal as AbortSignal,
  );
  await expect(call).rejects.toMatchObject(refused(message) as object);
});

it.each([
  ['a line break', '5\r\nX: y'],
  ['a number', 5],
  ['null', null],
])('a stream that is resumed behind what is no id: %s', async (_what, after) => {
  const client = new AdminClient({server: 'http://127.0.0.1:1'});
  clients.push(client);
  const events = client.movesStream('orders', after as string, AbortSignal.timeout(10_000));
  const wanted = refused(/the last event id of movesStream/);
  await expect(events.next()).rejects.toMatchObject(wanted as object);
});
