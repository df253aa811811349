/** Of several daemons one is silent, as when its machine has lost its power: waits and live views go on with another one. */
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {AdminClient} from '../../src/admin/admin-client.ts';
import {FIRST_WORD_MS, SILENCE_MS} from '../../src/cli/limits.ts';
import {LiveLink} from '../../src/cli/live/live-link.ts';
import {waitUntilMet} from '../../src/cli/waiting.ts';
import type {LiveMessage} from '../../src/protocol/admin-live.ts';

const HOUR_MS = 3_600_000;
const SERVERS = ['http://silent:1', 'http://living:1'];
const HEARD = {type: 'hello'} as unknown as LiveMessage;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The one is silent until its caller gives up; the other one gives what it is asked for. */
function bed<T>(answer: T, servers: readonly string[] = SERVERS) {
  const asked: string[] = [];
  const client = new AdminClient({server: servers, timeoutMs: HOUR_MS});
  const sendTo = (server: URL, {signal}: {signal: AbortSignal}): Promise<T> => {
    asked.push(server.hostname);
    if (server.hostname === 'living') return Promise.resolve(answer);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  };
  Object.assign(client as object, {sendTo});
  return {asked, client};
}

async function* chunks(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

it('a wait with a long limit', async () => {
  const met = {met: true, missing: [], missingCount: 0, revision: '1'};
  const reply = Object.assign(chunks(JSON.stringify(met)), {statusCode: 200});
  const {asked, client} = bed(reply);
  const shown: string[] = [];
  const progress = {update: ({text}: {text: string}) => void shown.push(text)};
  const goal = {service: 'orders', kind: 'app', id: '', for: 'ready'} as const;
  const {signal} = new AbortController();
  const waiting = waitUntilMet(client, goal, HOUR_MS, progress, signal);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual(['silent', 'living']);
  expect((await waiting).answer.met).toBe(true);
  expect(shown).toEqual([]);
});

it.each([
  ['from the first word on', 2, ['silent', 'living'], undefined],
  ['unless it is the only one', 1, ['silent'], 'TIMEOUT'],
])('a live view, %s', async (_name, daemons, expected, code) => {
  const frame = `event: hello\ndata: ${JSON.stringify(HEARD)}\n\n`;
  const headers = {'content-type': 'text/event-stream'};
  const reply = Object.assign(chunks(frame), {statusCode: 200, headers});
  const {client, asked} = bed(reply, SERVERS.slice(0, daemons));
  const link = new LiveLink(
    (lastEventId, signal) => client.liveStream({view: 'top'}, lastEventId, signal),
    (event) => {
      if (event.type === 'message') link.close();
    },
    daemons,
  );
  const running = link.run(() => true).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(FIRST_WORD_MS + SILENCE_MS);
  const outcome = await running;
  if (code === undefined) expect(outcome).toBeUndefined();
  else expect(outcome).toMatchObject({code});
  expect(asked).toEqual(expected);
});
