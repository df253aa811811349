/** What is said of a stream that breaks off: once that it is interrupted, once that it is back. */
import {expect, it} from 'vitest';
import {followUntil, storeText} from '../../src/cli/following.ts';
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

it('says that something may be missing where the store has gone back', async () => {
  const said = await saidOf([['700'], ['30']]);
  expect(said[2]).toMatch(/may be missing: the store was at revision 700 and is at 30$/);
});

it('says since when the daemon has no answer of its store', () => {
  const at = '2026-01-02T03:05:00Z';
  const since = '2026-01-02T03:04:00Z';
  expect(storeText({ok: false, at, since, reason: 'etcd does not answer'})).toBe(
    `the stream is interrupted since ${since}: etcd does not answer; the daemon goes on by itself once that is over`,
  );
  expect(storeText({ok: true, at, since, reason: ''})).toContain(
    `back at ${at}, after an interruption since ${since}`,
  );
});
