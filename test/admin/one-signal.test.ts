/** One signal for all calls of a program, as for its shutdown. */
import {createServer} from 'node:http';
import {afterEach, expect, it} from 'vitest';
import {AdminClient, RemoteError} from '../../src/admin/index.ts';
import {LONG_MS, until} from '../support/until.ts';
import {Opened} from './opened.ts';

const opened = new Opened();
afterEach(() => opened.close());

const CALLS = 20;

it('may be given to many calls at once: Node takes that for no leak', async () => {
  const warnings: string[] = [];
  const onWarning = ({name}: Error): void => void warnings.push(name);
  process.on('warning', onWarning);
  let asked = 0;
  const port = await opened.listening(createServer(() => void (asked += 1)));
  const client = new AdminClient({server: `http://127.0.0.1:${port}`});
  opened.clients.push(client);
  const shutdown = new AbortController();
  const calls = Array.from({length: CALLS}, () => client.call('status', {}, shutdown.signal));
  const ends = Promise.allSettled(calls);
  await until(() => asked === CALLS, LONG_MS, 'all are asked');
  shutdown.abort(new Error('the program ends'));
  const reasons = (await ends).map((end) => end.status === 'rejected' && String(end.reason));
  expect(new Set(reasons)).toEqual(new Set(['Error: the program ends']));
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

it('an error of the daemon has the name of its class', () => {
  const failure = {code: 'APP_NOT_FOUND', exit: 3, message: 'app nix does not exist', why: ''};
  const error = new RemoteError({...failure, fix: [], retryable: false, requestId: ''});
  expect([error.name, String(error)]).toEqual([
    'RemoteError',
    'RemoteError: app nix does not exist',
  ]);
});
