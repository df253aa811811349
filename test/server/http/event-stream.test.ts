/** What a stream writes of events, and what that costs when many callers listen. */
import type {FastifyReply} from 'fastify';
import {afterEach, expect, it, vi} from 'vitest';
import {sendEvents} from '../../../src/server/http/event-stream.ts';

interface TestEvent {
  readonly type: string;
  readonly revision: string;
}

/** A caller that reads at once; `got`: the writes. */
function caller() {
  const got: string[] = [];
  const raw = {
    writeHead: () => undefined,
    write: (data: string | Buffer) => got.push(String(data)) > 0,
    end: () => undefined,
  };
  const reply = {hijack: () => undefined, request: {id: ''}, raw};
  return {got, reply: reply as unknown as FastifyReply};
}

async function* source(
  groups: readonly (readonly TestEvent[])[],
): AsyncGenerator<readonly TestEvent[]> {
  yield* groups;
}

const groupOf = (count: number): TestEvent[] =>
  Array.from({length: count}, (_, at) => ({type: 'settled', revision: `${at}`}));

afterEach(() => vi.restoreAllMocks());

it('no more than 8 MiB of texts are kept for further callers: the newest', async () => {
  const idOf = (): string => 'x'.repeat(1024 ** 2);
  const groups = Array.from({length: 10}, () => groupOf(1));
  const {signal} = new AbortController();
  const send = async (group: TestEvent[]): Promise<void> =>
    sendEvents(caller().reply, source([group]), idOf, signal);
  for (const group of groups) await send(group);
  const texts = vi.spyOn(JSON, 'stringify');
  await send(groups[9]!);
  expect(texts).not.toHaveBeenCalled();
  await send(groups[0]!);
  expect(texts).toHaveBeenCalledTimes(1);
});

it('events that come together are one write, each with its id', async () => {
  const {got, reply} = caller();
  const {signal} = new AbortController();
  await sendEvents(reply, source([groupOf(1), groupOf(2)]), ({revision}) => revision, signal);
  expect(got).toEqual([
    'id: 0\nevent: settled\ndata: {"type":"settled","revision":"0"}\n\n',
    [0, 1]
      .map((at) => `id: ${at}\nevent: settled\ndata: {"type":"settled","revision":"${at}"}\n\n`)
      .join(''),
  ]);
});

it('100 streams of the same events cost one serialisation of each', async () => {
  const shared = groupOf(50);
  const callers = Array.from({length: 100}, caller);
  const texts = vi.spyOn(JSON, 'stringify');
  const idOf = ({revision}: TestEvent): string => revision;
  await Promise.all(
    callers.map(async ({reply}) =>
      sendEvents(reply, source([shared]), idOf, new AbortController().signal),
    ),
  );
  expect(texts.mock.calls.length).toBe(50);
  expect(new Set(callers.map(({got}) => got.join(''))).size).toBe(1);
  expect(callers.every(({got}) => got.length === 1)).toBe(true);
});
