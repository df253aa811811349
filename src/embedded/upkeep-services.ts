/** Maintenance, cluster and auth: what a single member with one user has to say. */
import {crc32} from 'node:zlib';
import type {ServerWritableStream, UntypedServiceImplementation} from '@grpc/grpc-js';
import type {Authenticator} from './auth.ts';
import {failure} from './failures.ts';
import {RAFT_TERM} from './header.ts';
import type {Identity} from './identity.ts';
import type {Keyspace} from './keyspace.ts';
import {commit} from './kv-service.ts';
import type {Services} from './kv-service.ts';
import {int} from './requests.ts';
import type {AlarmRequest} from './requests.ts';
import {ALARM_GET, ALARM_NOSPACE} from './state-machine.ts';
import type {AlarmReply} from './state-machine.ts';
import type {Received} from './wire.ts';

/** The etcd whose API this is. */
const API_VERSION = '3.4.23-sm';
const MEMBER_NAME = 'embedded';

export function maintenanceService(
  services: Services,
  {memberId}: Identity,
): UntypedServiceImplementation {
  const {machine, headers, calls} = services;
  const {keys} = machine;
  return {
    Status: calls.unary(() => ({
      header: headers.at(),
      version: API_VERSION,
      dbSize: keys.bytes,
      dbSizeInUse: keys.bytes,
      leader: memberId,
      raftIndex: machine.applied,
      raftAppliedIndex: machine.applied,
      raftTerm: RAFT_TERM,
      errors: machine.alarms.map(
        ({alarm, memberID}) =>
          `memberID:${memberID} alarm:${alarm === ALARM_NOSPACE ? 'NOSPACE' : 'CORRUPT'} `,
      ),
    })),
    // Without a header, as etcd's.
    Alarm: calls.unary(async ({request, bytes}: Received<AlarmRequest>) => {
      if ((request.action ?? ALARM_GET) === ALARM_GET)
        return {alarms: machine.alarmsOf(request.alarm)};
      const reply = await commit(services, {kind: 'alarm', request}, bytes);
      return {alarms: (reply as AlarmReply).alarms};
    }),
    Defragment: calls.unary(() => ({})),
    Hash: calls.unary(() => ({header: headers.at(), hash: contentHash(keys, keys.revision)})),
    HashKV: calls.unary(({revision}: {revision?: string}) => ({
      header: headers.at(),
      hash: contentHash(keys, int(revision)),
      compact_revision: keys.compactRevision,
    })),
    // Its format is that of etcd's own database.
    Snapshot: (call: ServerWritableStream<object, object>) => {
      const refused = calls.refusal(call) ?? calls.statusOf(failure('noSnapshots'));
      call.emit('error', refused);
    },
    MoveLeader: calls.unary(({targetID}: {targetID?: string}) => {
      if (targetID !== memberId) throw failure('badLeaderTransferee');
      return {header: headers.at()};
    }),
  };
}

/**
 * A hash over what can be read at a revision: two stores with the same content have the same, another server of the API has
 * another. @throws EtcdFailure compacted, futureRevision
 */
function contentHash(keys: Keyspace, revision: number): number {
  let hash = 0;
  const everything = {from: '', to: undefined, single: false};
  for (const version of keys.read(everything, {revision}).versions) {
    const {key, value, lease, createRevision, modRevision, version: count} = version;
    hash = crc32(JSON.stringify([key, value, lease, createRevision, modRevision, count]), hash);
  }
  return hash;
}

export function clusterService(
  {headers, calls}: Services,
  {memberId}: Identity,
  clientUrl: () => string,
): UntypedServiceImplementation {
  const members = (): object[] => [
    {ID: memberId, name: MEMBER_NAME, peerURLs: [clientUrl()], clientURLs: [clientUrl()]},
  ];
  return {
    MemberList: calls.unary(() => ({header: headers.at(), members: members()})),
    MemberAdd: calls.unary(({peerURLs = []}: {peerURLs?: string[]}) => {
      throw failure(peerURLs.length === 0 ? 'memberUrls' : 'singleMember');
    }),
    MemberRemove: calls.unary(() => {
      throw failure('memberNotFound');
    }),
    MemberPromote: calls.unary(({ID}: {ID?: string}) => {
      throw failure(ID === memberId ? 'notLearner' : 'memberNotFound');
    }),
  };
}

/** Without its port: another connection is another one. */
function addressIn(peer: string): string {
  return peer.replace(/:\d+$/, '');
}

/** `open` calls are checked by nobody: whoever has no token yet makes them. */
export function authService(
  {headers, calls}: Services,
  open: Services['calls'],
  authenticator: Authenticator,
): UntypedServiceImplementation {
  const names = (): string[] => (authenticator.user === undefined ? [] : [authenticator.user.name]);
  return {
    Authenticate: open.unary(
      ({name = '', password = ''}: {name?: string; password?: string}, peer) => ({
        header: headers.at(),
        token: authenticator.authenticate(name, password, addressIn(peer)),
      }),
    ),
    AuthStatus: calls.unary(() => ({
      header: headers.at(),
      enabled: authenticator.user !== undefined,
    })),
    AuthEnable: calls.unary(() => {
      if (authenticator.user === undefined) throw failure('rootUserNotExist');
      return {header: headers.at()};
    }),
    AuthDisable: calls.unary(() => {
      if (authenticator.user !== undefined) throw failure('configuredUser');
      return {header: headers.at()};
    }),
    UserList: calls.unary(() => ({header: headers.at(), users: names()})),
    UserGet: calls.unary(({name = ''}: {name?: string}) => {
      if (!names().includes(name)) throw failure('userNotFound');
      return {header: headers.at(), roles: ['root']};
    }),
    RoleList: calls.unary(() => ({header: headers.at(), roles: []})),
    RoleGet: calls.unary(() => {
      throw failure('roleNotFound');
    }),
  };
}
