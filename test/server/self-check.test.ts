/** A daemon that cannot be called by the address that it advertises knows it, with the cause; and doctor names who cannot be called and whose clock is wrong. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {describe, expect, it} from 'vitest';
import type {Contact} from '../../src/model/contact.ts';
import {callChecks} from '../../src/server/admin/read/daemon-checks.ts';
import {failureOf} from '../../src/server/contact/contact.ts';
import {SelfCheck} from '../../src/server/self-check.ts';
import type {Logger} from '../../src/runtime/logger.ts';

const REFUSED: Contact = {reached: false, cause: 'connection refused: nobody listens there'};

/** Looks one by one; what they find comes from the test. */
function bed() {
  const said: string[] = [];
  const say = (_fields: object, message: string): void => void said.push(message);
  const logger: Logger = {debug: say, info: say, warn: say, error: say, child: () => logger};
  let next: () => void = () => undefined;
  let contact: Contact = {reached: true};
  const check = new SelfCheck({
    ...{address: 'd1:4', logger, contact: async () => contact},
    clock: {
      wallMs: () => 0,
      after: (_durationMs, work) => {
        next = work;
        return {cancel: () => undefined};
      },
    },
  });
  const look = async (found: Contact): Promise<string> => {
    contact = found;
    next();
    await new Promise((resolve) => setImmediate(resolve));
    return check.problem?.text ?? '';
  };
  next = () => check.start();
  return {look, said};
}

describe('the self-check', () => {
  it('is not passed by a daemon that nobody can call, from the first look on; it says so once', async () => {
    const {look, said} = bed();
    const problem = await look(REFUSED);
    expect(problem).toContain('cannot be called at d1:4, the address that it advertises, since');
    expect(problem).toContain('connection refused');
    expect(await look(REFUSED)).toBe(problem);
    expect(said).toEqual([problem]);
    expect(await look({reached: true})).toBe('');
    expect(said).toHaveLength(2);
  });

  it('forgives one lost call once it was passed', async () => {
    const {look, said} = bed();
    expect(await look({reached: true})).toBe('');
    expect(await look(REFUSED)).toBe('');
    expect(await look(REFUSED)).not.toBe('');
    expect(said).toHaveLength(1);
  });
});

describe('doctor', () => {
  const called = (id: string, contact: Contact) => ({
    ...{id, endpoint: `${id}:4`, contact, startedMs: 1_000_000, endedMs: 1_000_100},
  });

  it('names daemons that cannot be called, by address and cause', () => {
    const [reach, clocks] = callChecks([
      called('d1', {reached: true, atMs: 1_000_050}),
      called('d2', REFUSED),
    ]);
    expect(reach).toMatchObject({verdict: 'FAIL'});
    expect(reach?.text).toBe(
      'd2 cannot be called at d2:4: connection refused: nobody listens there',
    );
    // It may just have been killed: that comes first.
    expect(reach?.fix).toBe(
      'see whether daemon d2 runs, and start it again; if it runs, set advertise to a host:port by which daemons and containers reach that daemon',
    );
    expect(clocks?.verdict).toBe('PASS');
  });

  it.each([
    [
      'CERT_HAS_EXPIRED',
      'on daemon d2: renew the file that tls.cert names; the daemon reads it again by itself',
    ],
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'on daemon d2: set tls.ca to who signed the certificates of the daemons',
    ],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'on daemon d2: use a certificate for the host that advertise names',
    ],
    [
      'ECONNRESET',
      'on daemon d2: see whether it runs; if it does, give all daemons tls, or none: one with tls cuts calls without it',
    ],
  ])('names the way out of %s alone', (code, fix) => {
    const failure = failureOf(Object.assign(new Error('x'), {code}));
    const [reach] = callChecks([called('d2', {reached: false, ...failure})]);
    expect(reach?.fix).toBe(fix);
  });

  it('a daemon without tls is named as that by one that has it', async () => {
    const plain = createServer((_, response) => response.end());
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const {port} = plain.address() as AddressInfo;
    const failure = await fetch(`https://127.0.0.1:${port}/`).then(() => undefined, failureOf);
    plain.close();
    const [reach] = callChecks([called('d2', {reached: false, cause: 'it answered', ...failure})]);
    expect(reach).toMatchObject({
      text: 'd2 cannot be called at d2:4: it does not speak TLS',
      fix: 'on daemon d2: give all daemons tls, or none',
    });
  });

  it('compares the clocks of all daemons', () => {
    const [, clocks] = callChecks([
      called('d1', {reached: true, atMs: 1_060_100}),
      called('d2', {reached: true, atMs: 940_000}),
      called('d3', {reached: true, atMs: 1_000_000}),
    ]);
    expect(clocks?.verdict).toBe('WARN');
    expect(clocks?.text).toBe('d1 is 60.0 s ahead of this daemon; d2 is 60.0 s behind this daemon');
  });
});

it.each([
  [Object.assign(new Error('x'), {code: 'ECONNREFUSED'}), 'connection refused'],
  [
    new Error('fetch', {cause: Object.assign(new Error(''), {code: 'CERT_HAS_EXPIRED'})}),
    'has expired',
  ],
  [Object.assign(new Error(''), {code: 'DEPTH_ZERO_SELF_SIGNED_CERT'}), 'tls.ca'],
  [Object.assign(new Error(''), {name: 'TimeoutError'}), 'no answer in time'],
  [new Error('odd\u001b[31m'), 'odd'],
])('a failed call is named in words', (error, text) => {
  const {cause} = failureOf(error);
  expect(cause).toContain(text);
  expect(cause).not.toContain('\u001b');
});
