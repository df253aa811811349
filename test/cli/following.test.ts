/** What is said of a stream that breaks off: once that it is interrupted, once that it is back. */
import {describe, expect, it} from 'vitest';
import {followStream, followUntil, showStreamed} from '../../src/cli/following.ts';
import {SmError} from '../../src/model/errors.ts';

interface Shown {
  readonly revision: string;
}

/** Each attempt gives its events, then throws; the last one ends the test. */
async function saidOf(attempts: readonly (readonly string[])[]): Promise<string[]> {
  const stop = new AbortController();
  const said: string[] = [];
  const asked: (string | undefined)[] = [];
  async function* open(after: string | undefined): AsyncGenerator<Shown> {
    const revisions = attempts[asked.length];
    asked.push(after);
    if (revisions === undefined) return stop.abort();
    for (const revision of revisions) yield {revision};
    throw new SmError('SERVER_UNAVAILABLE', 'http://d1 cannot be reached', {retryable: true});
  }
  await followUntil<Shown>(
    open,
    ({revision}) => said.push(`event ${revision}`),
    (text) => said.push(text),
    stop.signal,
  );
  return said;
}

it('says once that it is interrupted, and that it is back', async () => {
  expect(await saidOf([['7'], [], [], ['7', '9']])).toEqual([
    'event 7',
    'the stream is interrupted: http://d1 cannot be reached; connecting again until it is back',
    expect.stringMatching(
      /^the stream is back after \d+ s: what happened meanwhile follows; where something may be missing, a line says so$/,
    ),
    'event 7',
    'event 9',
    'the stream is interrupted: http://d1 cannot be reached; connecting again until it is back',
  ]);
});

it('shows each event of a revision once, where the connection broke in the middle of it', async () => {
  interface MoveEvent {
    readonly type: string;
    readonly revision: string;
    readonly shard?: string;
  }
  const moved = (revision: string, ...shards: string[]): MoveEvent[] =>
    shards.map((shard) => ({type: 'move', revision, shard}));
  const hello = (revision: string): MoveEvent => ({type: 'hello', revision});
  const attempts = [
    [hello('6'), ...moved('7', 'a'), ...moved('9', 'b', 'c')],
    [hello('7'), ...moved('9', 'b')],
    [hello('7'), ...moved('9', 'b', 'c', 'd'), ...moved('10', 'b'), hello('10')],
    [hello('10'), ...moved('11', 'e')],
  ];
  const stop = new AbortController();
  const asked: (string | undefined)[] = [];
  const shown: string[] = [];
  async function* open(after: string | undefined): AsyncGenerator<MoveEvent> {
    const events = attempts[asked.length];
    asked.push(after);
    if (events === undefined) return stop.abort();
    yield* events;
    throw new SmError('SERVER_UNAVAILABLE', 'reset', {retryable: true});
  }
  const show = ({revision, shard}: MoveEvent): void =>
    void (shard !== undefined && shown.push(`${revision} ${shard}`));
  await followUntil<MoveEvent>(open, show, () => undefined, stop.signal);
  expect(asked).toEqual([undefined, '7', '7', '10', '10']);
  expect(shown).toEqual(['7 a', '9 b', '9 c', '9 d', '10 b', '11 e']);
});

it('says that something may be missing where the store has gone back', async () => {
  const said = await saidOf([['700'], ['30']]);
  expect(said[2]).toMatch(/may be missing: the store was at revision 700 and is at 30$/);
});

it.each([
  ['Ctrl-C ends it, also where it has a limit', 60_000, 'interrupted'],
  ['its time is over', 1, 'over'],
])('%s', async (_name, limitMs, ended) => {
  async function* open(_after: string | undefined, signal: AbortSignal): AsyncGenerator<Shown> {
    yield {revision: '7'};
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }
  const show = (): void => void (limitMs > 1 && process.emit('SIGINT'));
  expect(await followStream(open, show, () => undefined, limitMs)).toBe(ended);
});

describe('what a stream says of the store of its daemon', () => {
  const at = '2026-01-02T03:05:00Z';
  const since = '2026-01-02T03:04:00Z';
  const away = {type: 'store', revision: '7', ok: false, at, since, reason: 'etcd does not answer'};
  const back = {type: 'store', revision: '7', ok: true, at, since, reason: ''};
  const moved = {type: 'move', revision: '8'};
  const words = [
    `say the stream is interrupted since ${since}: etcd does not answer; the daemon goes on by itself once that is over`,
    `say the stream is back at ${at}, after an interruption since ${since}: what happened meanwhile is shown; where something may be missing, a line says so`,
  ];

  it.each([
    ['people read it on stderr alone', true, [...words, 'move: a move']],
    [
      'programs find it among the events, too',
      false,
      [words[0], 'store: ', words[1], 'store: ', 'move: a move'],
    ],
  ])('%s', (_what, isForPeople, expected) => {
    const shown: string[] = [];
    const showLine = (event: object, line: string) =>
      void shown.push(`${(event as {type: string}).type}: ${line}`);
    const output = {isForPeople, showLine, say: (text: string) => void shown.push(`say ${text}`)};
    for (const event of [away, back, moved]) showStreamed(event, () => 'a move', output);
    expect(shown).toEqual(expected);
  });
});

it('a daemon that says nothing until the time is over was not followed', async () => {
  async function* silence(_after: string | undefined, signal: AbortSignal): AsyncGenerator<Shown> {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    yield* [];
  }
  const following = followStream<Shown>(
    silence,
    () => undefined,
    () => undefined,
    20,
  );
  await expect(following).rejects.toMatchObject({
    ...{code: 'TIMEOUT', exitCode: 7, message: 'no daemon has answered within 20 ms'},
  });
});
