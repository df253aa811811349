/** One token must not hold all streams of a daemon. */
import {afterEach, expect, it} from 'vitest';
import type {MoveEvent} from '../../../src/protocol/admin.ts';
import {STREAMS_OF_ONE} from '../../../src/server/http/limits.ts';
import {LONG_MS, until} from '../../support/until.ts';
import {fixture, listen} from './fixture.ts';
import type {Fixture} from './fixture.ts';

const TOKENS = ['a', 'b'].map((name) => `${name} ${name.repeat(43)}`);
/** Ends the streams, in the order in which they were opened. */
const ends: (() => void)[] = [];
let http: Fixture | undefined;
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await http?.server.close();
});

async function serving(tokens: 'none' | (() => readonly string[])) {
  http = fixture({tokens});
  http.behave.events = async function* (): AsyncGenerator<MoveEvent> {
    const ended = new Promise<void>((resolve) => ends.push(resolve));
    yield {type: 'hello', revision: '1'};
    await ended;
  };
  const url = `http://127.0.0.1:${await listen(http.server)}/sm/server/moves/stream?service=orders`;
  return (name: string) =>
    fetch(url, {headers: tokens === 'none' ? {} : {authorization: `Bearer ${name.repeat(43)}`}});
}

it('its streams are limited; others, and it after one has ended, get theirs', async () => {
  const open = await serving(() => TOKENS);
  const own = await Promise.all(Array.from({length: STREAMS_OF_ONE}, () => open('a')));
  expect(new Set(own.map(({status}) => status))).toEqual(new Set([200]));
  const refused = await open('a');
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({
    code: 'RATE_LIMITED',
    error: `this token has ${STREAMS_OF_ONE} open streams`,
    retryable: true,
  });
  const others = await Promise.all(Array.from({length: STREAMS_OF_ONE}, () => open('b')));
  expect(new Set(others.map(({status}) => status))).toEqual(new Set([200]));
  ends.shift()?.();
  const again = async (): Promise<boolean> => (await open('a')).status === 200;
  await until(again, LONG_MS, 'one more is opened');
  for (const {body} of [...own, ...others]) await body?.cancel();
});

it('without tokens callers cannot be distinguished: there is only the limit of all', async () => {
  const open = await serving('none');
  const all = await Promise.all(Array.from({length: STREAMS_OF_ONE + 1}, () => open('')));
  expect(new Set(all.map(({status}) => status))).toEqual(new Set([200]));
  for (const {body} of all) await body?.cancel();
});
