import {describe, expect, it} from 'vitest';
import {
  isAnswer,
  isTransportFault,
  isUnconnected,
  translateError,
} from '../../src/etcd/foreign-errors.ts';
import {rightToRead} from '../../src/etcd/rights.ts';

describe('what gRPC says of a connection', () => {
  it.each([
    [
      '14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 127.0.0.1:2379 (2026-11-26T21:52:59.024Z). Resolution note: ',
      'etcd does not answer: connect ECONNREFUSED 127.0.0.1:2379',
    ],
    [
      '14 UNAVAILABLE: No connection established. Last error: Error: connect ETIMEDOUT 10.0.0.1:2379 (2026-11-26T21:52:59.024Z). Resolution note: none',
      'etcd does not answer: connect ETIMEDOUT 10.0.0.1:2379',
    ],
    [
      '14 UNAVAILABLE: No connection established. Last error: null. Resolution note: ',
      'etcd does not answer: no connection',
    ],
    [
      '14 UNAVAILABLE: Name resolution failed for target dns:nowhere.invalid:2379',
      'etcd does not answer: the name in nowhere.invalid:2379 has no address',
    ],
    ['4 DEADLINE_EXCEEDED: Deadline exceeded', 'etcd does not answer: timed out'],
    [
      '4 DEADLINE_EXCEEDED: Deadline exceeded after 1.999s,LB pick: 0.001s,remote_addr=127.0.0.1:2379',
      'etcd does not answer: timed out after 2.0 s',
    ],
    [
      '14 UNAVAILABLE: Channel closed before call started',
      'etcd does not answer: no answer in time',
    ],
    ['Channel has been shut down', 'etcd does not answer: no answer in time'],
    ['14 UNAVAILABLE: Connection dropped', 'etcd does not answer: Connection dropped'],
  ])('%s', (said, message) => {
    expect(translateError(new Error(said))).toMatchObject({code: 'STORE_UNAVAILABLE', message});
  });
});

describe('a connection that ends before both sides speak the same protocol', () => {
  const last = '14 UNAVAILABLE: No connection established. Last error:';
  it.each([
    [
      'TLS without being asked for it',
      `${last} Failed to connect (2026-11-30T18:42:14.280Z). Resolution note: `,
      'etcd does not answer: it has closed the connection',
      'if it speaks TLS there, set etcd.tls or name https endpoints',
    ],
    [
      'no TLS',
      `${last} Error: Client network socket disconnected before secure TLS connection was established. Resolution note: `,
      'etcd does not answer: it has closed the connection before TLS was set up',
      'if it speaks no TLS there, leave etcd.tls out and name http endpoints',
    ],
    [
      'another protocol',
      `${last} Protocol error (2026-11-30T18:42:14.280Z). Resolution note: `,
      'etcd does not answer: what listens there does not speak HTTP/2 as etcd does',
      'name the client address of etcd (its --listen-client-urls) in endpoints',
    ],
  ])('may be one to an etcd that speaks %s', (_what, said, message, fix) => {
    const fault = translateError(new Error(said));
    expect(fault).toMatchObject({code: 'STORE_UNAVAILABLE', message, retryable: true});
    expect(fault.hint).toContain(fix);
    expect([isTransportFault(fault), isUnconnected(fault)]).toEqual([true, true]);
  });
});

describe('a certificate that is out of its time', () => {
  const last = '14 UNAVAILABLE: No connection established. Last error: Error:';
  it.each([
    [
      `${last} certificate has expired (2026-11-26T21:52:59.024Z). Resolution note: `,
      'has expired',
      'renew',
    ],
    [
      `${last} certificate is not yet valid (2026-11-26T21:52:59.024Z). Resolution note: `,
      'is not yet valid',
      'clock',
    ],
  ])('%s', (text, what, fix) => {
    expect(translateError(new Error(text))).toMatchObject({
      code: 'STORE_AUTH',
      message: `the TLS connection to etcd fails: the certificate of etcd, or of who signed it, ${what}`,
      hint: expect.stringContaining(fix),
    });
  });
});

it('a certificate of ours that etcd refuses may have ended: etcd does not say so', () => {
  const alert =
    'error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../rec_layer_s3.c:1586:SSL alert number 42';
  expect(
    translateError(
      new Error(`14 UNAVAILABLE: No connection established. Last error: Error: ${alert}`),
    ),
  ).toMatchObject({
    code: 'STORE_AUTH',
    message: 'the TLS connection to etcd fails: etcd refuses our certificate (bad certificate)',
    hint: expect.stringContaining('has not ended (sm doctor says when)'),
  });
});

describe('an error is an answer of the endpoint', () => {
  it.each([
    '8 RESOURCE_EXHAUSTED: etcdserver: too many requests',
    '14 UNAVAILABLE: etcdserver: no leader',
    '14 UNAVAILABLE: etcdserver: request timed out',
    '8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded',
    '11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted',
    '3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password',
  ])('where etcd says so: %s', (said) => {
    expect(isAnswer(translateError(new Error(said)))).toBe(true);
  });

  it.each([
    '4 DEADLINE_EXCEEDED: Deadline exceeded',
    '14 UNAVAILABLE: Connection dropped',
    '14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 127.0.0.1:2379',
  ])('not where nobody does: %s', (said) => {
    expect(isAnswer(translateError(new Error(said)))).toBe(false);
  });
});

it('a right that no role gives is no refused login: it says which, where that is known', () => {
  const denied = new Error('7 PERMISSION_DENIED: etcdserver: permission denied');
  const fault = translateError(denied, rightToRead(['/sm/a', '/sm/b', '/sm/c', '/sm/d']));
  expect(fault).toMatchObject({
    code: 'STORE_AUTH',
    message:
      'no role of this etcd user gives the right to read /sm/a, /sm/b, /sm/c and 1 more (etcdserver: permission denied)',
    hint: expect.stringContaining('sm etcd init-roles') as unknown,
  });
  expect(translateError(denied).message).toBe(
    'no role of this etcd user gives the right (etcdserver: permission denied)',
  );
  expect(translateError(new Error('etcdserver: authentication failed')).message).toContain(
    'refuses the login',
  );
});

it('a login that nobody gave is no refused one: it says where each kind of process takes one from', () => {
  const empty = '3 INVALID_ARGUMENT: etcdserver: user name is empty';
  const none = translateError(new Error(empty));
  expect(none).toMatchObject({
    code: 'STORE_AUTH',
    message: 'etcd asks for a login, and none was given (etcdserver: user name is empty)',
  });
  const wrong = translateError(new Error('3 INVALID_ARGUMENT: etcdserver: authentication failed'));
  expect(wrong.message).toBe('etcd refuses the login (etcdserver: authentication failed)');
  for (const {hint} of [none, wrong])
    for (const place of ['etcd.passwordFile', 'joinApp', '--config-file', 'data directory'])
      expect(hint).toContain(place);
});
