/** What the morning after reads of an outage: since when, which daemon, why, each once. */
import {expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {OwnEvents} from '../../../src/server/governing/own-events.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import {withLostAnswers} from '../admin/fixture.ts';

const SINCE_MS = Date.parse('2026-01-01T00:00:00Z');
const events = new OwnEvents(
  {store: new MemoryStore(), keys: new Keys('/sm', 'sm.test'), clock: systemClock()},
  'd1:1',
);
const none = {kind: 'none', sinceMs: SINCE_MS, reason: '', fix: ''} as const;

it('its cause is what the store said, without the sentence that stands before it', () => {
  const reason = 'etcd does not answer: connect ECONNREFUSED 127.0.0.1:2379';
  expect(events.outage({...none, reason})).toMatchObject({
    ...{kind: 'outage', daemon: 'd1:1', since: '2026-01-01T00:00:00.000Z'},
    cause: reason,
  });
  expect(events.outage(none)).toMatchObject({cause: 'the store gave no reason'});
});

it('a leader that was lost is an event of a container', () => {
  expect(events.leaderLost('d2:1', 'i')).toMatchObject({
    ...{container: 'd2:1', incarnation: 'i', before: 'silent', state: 'lost'},
  });
});

it('a start is not an outage', () => {
  expect(events.outage({...none, sinceMs: 0})).toBeUndefined();
});

it('an event whose write had no answer is written under its key again, not as another one', async () => {
  const keys = new Keys('/sm', 'sm.test');
  const memory = new MemoryStore();
  const store = withLostAnswers(memory, ['applied', 'dropped']);
  const own = new OwnEvents({store, keys, clock: systemClock()}, 'd1:1');
  const write = own.writing(own.leaderLost('d2:1', 'i'));
  await expect(write()).rejects.toThrow('no answer');
  await expect(write()).rejects.toThrow('no answer');
  await write();
  expect((await memory.list([keys.eventsPrefix('sm.test')])).entries).toHaveLength(1);
});
