/** The rest of the API: members, maintenance, alarms, limits, what is not a request at all, one user. */
import {connect} from 'node:http2';
import {connect as dial} from 'node:net';
import {beforeAll, describe, expect, it} from 'vitest';
import type {Message} from '../support/wire.ts';
import {bytes, contract} from './bed.ts';
import type {Bed} from './bed.ts';

const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const MIB = 1024 * 1024;
const TOO_LARGE = {code: 3, error: 'etcdserver: request is too large'};
const NO_USER = {code: 3, error: 'etcdserver: user name is empty'};
const BAD_TOKEN = {code: 16, error: 'etcdserver: invalid auth token'};
const BAD_PASSWORD = {
  code: 3,
  error: 'etcdserver: authentication failed, invalid user ID or password',
};
const NO_SPACE = {code: 8, error: 'etcdserver: mvcc: database space exceeded'};

contract('members and maintenance', {}, (bed) => {
  it('is one member, which leads', async () => {
    await bed().put('a');
    const {members} = (await bed().wire.call('Cluster.MemberList')) as {members: Message[]};
    expect(members).toHaveLength(1);
    const [member = {}] = members;
    expect(member).toMatchObject({
      clientURLs: [`http://${bed().server.endpoint}`],
      isLearner: false,
    });
    expect(member['peerURLs']).toHaveLength(1);
    expect(member['name']).not.toBe('');
    const status = (await bed().wire.call('Maintenance.Status')) as Message;
    expect(status).toMatchObject({leader: member['ID'], errors: [], isLearner: false});
    expect(status['version']).toMatch(/^3\.\d+\.\d+/);
    for (const field of ['dbSize', 'dbSizeInUse', 'raftIndex', 'raftTerm', 'raftAppliedIndex'])
      expect(Number(status[field])).toBeGreaterThan(0);
    expect(status['header']).toMatchObject({member_id: member['ID'], revision: bed().at(1)});
  });

  it('says the same cluster and member in every reply', async () => {
    const headers = [];
    for (const [name, request] of [
      ['KV.Put', {key: bed().key('a')}],
      ['KV.Range', {key: bed().key('a')}],
      ['KV.Txn', {}],
      ['KV.DeleteRange', {key: bed().key('a')}],
      ['Lease.LeaseLeases', {}],
      ['Lease.LeaseTimeToLive', {ID: 5}],
      ['Cluster.MemberList', {}],
    ] as const) {
      const {header} = (await bed().wire.call(name, request)) as {header: Message};
      headers.push([header['cluster_id'], header['member_id']]);
    }
    expect(new Set(headers.map(String)).size).toBe(1);
    expect(headers[0]).not.toContain('0');
  });

  it('changes no members', async () => {
    expect(await bed().call('Cluster.MemberAdd')).toEqual({
      code: 3,
      error: 'etcdserver: given member URLs are invalid',
    });
    expect(await bed().call('Maintenance.MoveLeader', {targetID: 1})).toEqual({
      code: 9,
      error: 'etcdserver: bad leader transferee',
    });
  });

  it('sets and clears the alarm of a full disk: writes are refused, reads and deletions go on', async () => {
    await bed().put('a', '1');
    const alarm = (action: string) => bed().call('Maintenance.Alarm', {action, alarm: 'Nospace'});
    expect(await bed().call('Maintenance.Alarm')).toEqual({});
    expect(await alarm('Activate')).toEqual({alarms: [{alarm: 'Nospace'}]});
    expect(await bed().call('Maintenance.Alarm')).toEqual({alarms: [{alarm: 'Nospace'}]});
    expect(await bed().put('b')).toEqual(NO_SPACE);
    expect(await bed().txn([bed().getOp('a'), bed().putOp('b')])).toEqual(NO_SPACE);
    expect(await bed().call('Lease.LeaseGrant', {ID: 77, TTL: 60})).toEqual(NO_SPACE);
    expect(await bed().get('a')).toMatchObject({count: 1});
    expect(await bed().txn([bed().getOp('a')])).toMatchObject({succeeded: true});
    expect(await bed().txn([bed().delOp('absent')])).toMatchObject({succeeded: true});
    expect(await bed().del('a')).toEqual({revision: 2, deleted: 1});
    const status = (await bed().wire.call('Maintenance.Status')) as {errors: string[]};
    expect(status.errors).toHaveLength(1);
    expect(status.errors[0]).toMatch(/NOSPACE/);
    expect(await alarm('Deactivate')).toEqual({alarms: [{alarm: 'Nospace'}]});
    expect(await alarm('Deactivate')).toEqual({});
    expect(await bed().put('b')).toEqual({revision: 3});
  });

  it('answers a hash that follows the contents, and defragments', async () => {
    const hash = async (): Promise<unknown> =>
      ((await bed().wire.call('Maintenance.HashKV')) as Message)['hash'];
    const before = await hash();
    expect(await hash()).toBe(before);
    await bed().put('a', '1');
    expect(await hash()).not.toBe(before);
    expect(await bed().call('Maintenance.Defragment')).toEqual({});
    expect(await bed().get('a')).toMatchObject({count: 1});
  });
});

contract('limits', {}, (bed) => {
  it('takes requests up to 1.5 MiB', async () => {
    expect(await bed().put('a', 'x'.repeat(1.5 * MIB - 100))).toEqual({revision: 1});
    expect(await bed().put('a', 'x'.repeat(1.5 * MIB))).toEqual(TOO_LARGE);
    const half = 'x'.repeat(0.8 * MIB);
    expect(await bed().txn([bed().putOp('b', half), bed().putOp('c', half)])).toEqual(TOO_LARGE);
    expect(await bed().names()).toEqual(['a']);
  });

  it('reads no more than 2 MiB of a request', async () => {
    expect(await bed().put('a', 'x'.repeat(3_000_000))).toMatchObject({code: 8});
    const key = bytes('a');
    const refused = await bed().call('KV.Put', {key, value: Buffer.alloc(3_000_000)});
    expect(refused).toEqual({
      code: 8,
      error: 'grpc: received message larger than max (3000008 vs. 2097152)',
    });
    expect(await bed().put('a')).toEqual({revision: 1});
  });

  it('answers more than 4 MiB', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await bed().put(name, 'x'.repeat(MIB));
    const {kvs} = (await bed().all()) as {kvs: {value: string}[]};
    expect(kvs.map(({value}) => value.length)).toEqual([MIB, MIB, MIB, MIB, MIB]);
  });
});

contract('requests that are none', {}, (bed) => {
  it.each([
    ['0a', 'unexpected EOF'],
    ['0a05', 'unexpected EOF'],
    ['0801', 'proto: wrong wireType = 0 for field Key'],
    ['0f', 'proto: wrong wireType = 7 for field Key'],
    ['1a', 'proto: wrong wireType = 2 for field Limit'],
    ['07', 'proto: RangeRequest: illegal tag 0 (wire type 7)'],
    ['00', 'proto: RangeRequest: illegal tag 0 (wire type 0)'],
    ['0c', 'proto: RangeRequest: wiretype end group for non-group'],
    ['0a0161ff', 'unexpected EOF'],
    ['0a016150', 'unexpected EOF'],
    ['12ffffffff0f', 'unexpected EOF'],
    ['ffffffffffffffffffffff', 'proto: integer overflow'],
    ['50ffffffffffffffffffff01', 'proto: integer overflow'],
    ['0affffffffffffffffff01', 'proto: negative length found during unmarshaling'],
  ])('refuses the bytes %s: %s', async (hex, error) => {
    expect(await bed().wire.raw('KV.Range', Buffer.from(hex, 'hex'))).toEqual({
      code: 13,
      error: `grpc: error unmarshalling request: ${error}`,
    });
    expect(await bed().put('a')).toEqual({revision: 1});
  });

  it.each([
    ['KV.Txn', '12020a01', 'unexpected EOF'],
    ['KV.Txn', '1202120161', 'unexpected EOF'],
    ['Lease.LeaseGrant', '0a01', 'proto: wrong wireType = 2 for field TTL'],
  ])('refuses broken parts of %s: %s', async (name, hex, error) => {
    expect(await bed().wire.raw(name, Buffer.from(hex, 'hex'))).toEqual({
      code: 13,
      error: `grpc: error unmarshalling request: ${error}`,
    });
  });

  it('passes over fields that it does not know', async () => {
    const key = bed().key('a');
    const known = Buffer.concat([Buffer.from([0x0a, key.length]), key]);
    for (const hex of ['f80101', 'fa0103616263', 'fd0101020304', 'f9010102030405060708'])
      expect(
        await bed().wire.raw('KV.Range', Buffer.concat([known, Buffer.from(hex, 'hex')])),
      ).toHaveProperty('bytes');
  });

  it('knows no other methods', async () => {
    const call = (path: string) => bed().wire.unknown(path);
    expect(await call('/etcdserverpb.KV/Nope')).toEqual({
      code: 12,
      error: 'unknown method Nope for service etcdserverpb.KV',
    });
    expect(await call('/nope.X/Y')).toEqual({code: 12, error: 'unknown service nope.X'});
  });

  it('ends a watch stream on a broken request, and serves the others', async () => {
    const healthy = bed().stream('Watch.Watch');
    healthy.send({create_request: {key: bed().key('a')}});
    await healthy.message(0);
    expect(await framed(bed(), '/etcdserverpb.Watch/Watch', '0000000002ffff')).toMatchObject({
      status: 200,
      code: '13',
    });
    await bed().put('a');
    await healthy.message(1);
  });

  it.each(['', '0000', '00000000640a01', '01000000030a0161', '02000000030a0161', '00ffffffff0a'])(
    'answers the frame "%s" with something, and goes on',
    async (hex) => {
      const answer = await framed(bed(), '/etcdserverpb.KV/Range', hex);
      expect(answer.status).toBe(200);
      expect(await bed().put('a')).toEqual({revision: 1});
    },
  );

  it('says that there was no whole request', async () => {
    for (const hex of ['', '0000', '00000000640a01'])
      expect((await framed(bed(), '/etcdserverpb.KV/Range', hex)).code).toBe('2');
  });

  it.each([
    ['no protocol at all', Buffer.from('\x16\x03\x01 what is this?'.repeat(50))],
    ['HTTP of before', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a broken frame', Buffer.concat([HTTP2_PREFACE, Buffer.alloc(200, 0xff)])],
    ['half a preface', HTTP2_PREFACE.subarray(0, 10)],
  ])('survives a connection that speaks %s', async (_name, said) => {
    const [host = '', port = ''] = bed().server.endpoint.split(':');
    const socket = dial({host, port: Number(port)});
    socket.on('error', () => undefined);
    socket.end(said);
    expect(await bed().put('a')).toEqual({revision: 1});
    socket.destroy();
    expect(await bed().get('a')).toHaveProperty('count', 1);
  });
});

/** A POST with these bytes where gRPC's frames should be. */
function framed(bed: Bed, path: string, hex: string): Promise<{status: number; code?: string}> {
  const session = connect(`http://${bed.server.endpoint}`);
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const request = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status = 0;
    let code: unknown;
    request.on('response', (headers) => {
      status = Number(headers[':status']);
      code = headers['grpc-status'];
    });
    request.on('trailers', (trailers) => (code = trailers['grpc-status'] ?? code));
    request.on('error', reject);
    request.on('close', () => {
      session.close();
      resolve({status, ...(code === undefined ? {} : {code: String(code)})});
    });
    request.resume();
    request.end(Buffer.from(hex, 'hex'));
  });
}

contract('one user', {user: {name: 'root', password: 'secret'}}, (bed) => {
  let token: string;
  beforeAll(async () => {
    const answer = await bed().call('Auth.Authenticate', {name: 'root', password: 'secret'});
    ({token} = answer as {token: string});
  });

  it('gets a token for the right name and password only', async () => {
    const given = await bed().call('Auth.Authenticate', {name: 'root', password: 'secret'});
    expect(given).toMatchObject({token: expect.any(String) as unknown});
    for (const [name, password] of [
      ['root', 'wrong'],
      ['root', ''],
      ['nobody', 'secret'],
      ['', ''],
    ])
      expect(await bed().call('Auth.Authenticate', {name, password})).toEqual(BAD_PASSWORD);
  });

  describe('keys', () => {
    const REQUESTS: [string, (key: Buffer) => object][] = [
      ['KV.Put', (key) => ({key})],
      ['KV.Range', (key) => ({key})],
      ['KV.Range', (key) => ({key, serializable: true})],
      ['KV.DeleteRange', (key) => ({key})],
      ['KV.Txn', (key) => ({success: [{request_put: {key}}]})],
      ['KV.Txn', (key) => ({compare: [{key, version: 0}]})],
    ];
    it.each(REQUESTS)('are out of reach of %s without a token', async (name, request) => {
      expect(await bed().call(name, request(bed().key('a')))).toEqual(NO_USER);
      expect(await bed().call(name, request(bed().key('a')), 'wrong.1')).toEqual(BAD_TOKEN);
      expect(await bed().call(name, request(bed().key('a')), token)).not.toHaveProperty('error');
    });
  });

  it('needs a valid token to grant and to revoke', async () => {
    const lease = {ID: 5, TTL: 100};
    expect(await bed().call('Lease.LeaseGrant', lease, 'wrong.1')).toEqual(BAD_TOKEN);
    expect(await bed().call('Lease.LeaseGrant', lease, token)).toMatchObject({ID: 5});
    expect(await bed().call('Lease.LeaseRevoke', lease, 'wrong.1')).toEqual(BAD_TOKEN);
    expect(await bed().call('Lease.LeaseRevoke', lease, token)).not.toHaveProperty('error');
  });

  it('refuses a watch in its first answer, and keeps the stream', async () => {
    for (const [bad, reason] of [
      [undefined, 'rpc error: code = InvalidArgument desc = etcdserver: user name is empty'],
      ['wrong.1', 'rpc error: code = Unauthenticated desc = etcdserver: invalid auth token'],
    ] as const) {
      const stream = bed().stream('Watch.Watch', bad);
      stream.send({create_request: {key: bed().key('a')}});
      const {watch_id, created, canceled, cancel_reason} = await stream.message(0);
      expect({watch_id, created, canceled, cancel_reason}).toEqual({
        watch_id: '-1',
        created: true,
        canceled: true,
        cancel_reason: reason,
      });
    }
    const stream = bed().stream('Watch.Watch', token);
    stream.send({create_request: {key: bed().key('a')}});
    expect(await stream.message(0)).toMatchObject({created: true, canceled: false});
    await bed().call('KV.Put', {key: bed().key('a')}, token);
    expect(await stream.message(1)).toMatchObject({events: [{type: 'Put'}]});
  });
});

contract('no user', {}, (bed) => {
  it('says that there is none', async () => {
    expect(await bed().call('Auth.Authenticate', {name: 'root', password: 'x'})).toEqual({
      code: 9,
      error: 'etcdserver: authentication is not enabled',
    });
  });
});
